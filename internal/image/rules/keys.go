package rules

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
)

// annotations checks the annotations of a manifest and of the descriptors in it.
func (c *checker) annotations(m *image.Manifest) {
	type annotated struct {
		Annotations map[string]json.RawMessage `json:"annotations"`
	}
	var doc struct {
		annotated
		Config    annotated   `json:"config"`
		Layers    []annotated `json:"layers"`
		Manifests []annotated `json:"manifests"`
	}
	where := "the manifest " + short(m.Descriptor.Digest)
	if json.Unmarshal(m.Raw, &doc) != nil {
		if m.Index() || m.IsRunnable() {
			c.refuse(CodeAnnotationInvalid, hintRebuild, "The annotations of %s are not an object of keys and texts", where)
		}
		return
	}
	for _, a := range slices.Concat([]annotated{doc.annotated, doc.Config}, doc.Layers, doc.Manifests) {
		c.pairs(a.Annotations, "annotation", where)
	}
}

// pairs checks annotations or labels (image-spec, "Annotations": keys are not empty, and
// values are strings).
func (c *checker) pairs(pairs map[string]json.RawMessage, kind, where string) {
	for key, value := range pairs {
		if strings.TrimSpace(key) == "" {
			c.warn(CodeKeyEmpty, "Remove the "+kind+" from the build, for example a label without a name. The OCI image-spec forbids empty keys.",
				"One %s of %s has an empty key", kind, where)
		}
		if trimmed := bytes.TrimSpace(value); !bytes.HasPrefix(trimmed, []byte(`"`)) && !bytes.Equal(trimmed, []byte("null")) {
			c.refuse(CodeAnnotationInvalid, "Write the value in quotes. Docker and containerd refuse a value that is not text.",
				"The %s %.100q of %s has a value that is not text", kind, key, where)
		}
	}
}

// keySets maps the path of an object to the known keys of the object. A list has the
// path of its elements.
type keySets map[string][]string

var (
	descriptorKeys = []string{"mediaType", "digest", "size", "urls", "annotations", "data", "platform", "artifactType"}
	platformKeys   = []string{"architecture", "os", "os.version", "os.features", "variant"}

	manifestKeys = keySets{
		"":                    {"schemaVersion", "mediaType", "artifactType", "config", "layers", "blobs", "manifests", "subject", "annotations"},
		".config":             descriptorKeys,
		".layers":             descriptorKeys,
		".blobs":              descriptorKeys,
		".subject":            descriptorKeys,
		".manifests":          descriptorKeys,
		".manifests.platform": platformKeys,
	}
	configKeys = keySets{
		"":        append([]string{"rootfs", "config", "history", "created", "author"}, platformKeys...),
		".rootfs": {"type", "diff_ids"},
	}
)

// document checks that a JSON document has no key twice, and no known key in other upper
// and lower case. Go programs use the last of two keys and ignore the case. Other
// programs use the first key, or refuse the document.
func (c *checker) document(raw []byte, what string, known keySets) {
	r := &keyReader{in: json.NewDecoder(bytes.NewReader(raw)), known: known}
	if r.value("") != nil || r.found == "" {
		return // invalid JSON is reported elsewhere
	}
	c.refuse(CodeAmbiguous, hintRebuild+" Programs read such a document in different ways, so a client could run another image than the tested image.",
		"The %s %s", what, r.found)
}

// keyReader reads the keys of a JSON document.
type keyReader struct {
	in    *json.Decoder
	known keySets
	found string // the first ambiguous key, as the end of a sentence
}

// value reads one value at the path.
func (r *keyReader) value(path string) error {
	token, err := r.in.Token()
	if err != nil {
		return err
	}
	switch token {
	case json.Delim('{'):
		return r.object(path)
	case json.Delim('['):
		for r.in.More() {
			if err := r.value(path); err != nil {
				return err
			}
		}
		_, err = r.in.Token()
	}
	return err
}

// object reads the keys and values of one object.
func (r *keyReader) object(path string) error {
	seen := map[string]bool{}
	for r.in.More() {
		token, err := r.in.Token()
		if err != nil {
			return err
		}
		key, _ := token.(string) // the decoder returns only strings as keys
		r.key(path, key, seen[key])
		seen[key] = true
		if err := r.value(path + "." + key); err != nil {
			return err
		}
	}
	_, err := r.in.Token()
	return err
}

// key records an ambiguous key.
func (r *keyReader) key(path, key string, twice bool) {
	if r.found != "" {
		return
	}
	if twice {
		r.found = "has the key \"" + clip(key) + "\" twice"
	}
	for _, want := range r.known[path] {
		if key != want && strings.EqualFold(key, want) {
			r.found = "has the key \"" + clip(key) + "\" instead of \"" + want + "\""
		}
	}
}

// clip shortens a key for a message.
func clip(key string) string { return key[:min(len(key), 60)] }
