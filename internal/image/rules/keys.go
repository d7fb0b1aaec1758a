package rules

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
)

// The method "annotations" checks the annotations of a manifest and of the descriptors
// in it.
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
			c.refuse(CodeAnnotationInvalid, hintRebuild, "The annotations of %s are not a JSON object whose values are strings", where)
		}
		return
	}
	for _, a := range slices.Concat([]annotated{doc.annotated, doc.Config}, doc.Layers, doc.Manifests) {
		c.pairs(a.Annotations, "annotation", where)
	}
}

// The method "pairs" checks that the keys of annotations or labels are not empty, and
// that the values are strings (image-spec, "Annotations").
func (c *checker) pairs(pairs map[string]json.RawMessage, kind, where string) {
	for key, value := range pairs {
		if strings.TrimSpace(key) == "" {
			c.warn(CodeKeyEmpty, fmt.Sprintf("Remove the %s with the empty key from the build. The OCI image-spec forbids empty keys.", kind),
				"One %s of %s has an empty key", kind, where)
		}
		if trimmed := bytes.TrimSpace(value); !bytes.HasPrefix(trimmed, []byte(`"`)) && !bytes.Equal(trimmed, []byte("null")) {
			c.refuse(CodeAnnotationInvalid, "Write the value in quotes. Docker and containerd refuse an annotation or a label whose value is not a string.",
				"The %s %.100q of %s has a value that is not a string", kind, key, where)
		}
	}
}

// keySets maps the path of a JSON object to the known keys of the object. The path of a
// list is the path of its elements.
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

// document checks that each key of a JSON document occurs once, and that no key
// differs from a known key only in upper and lower case. If a key occurs twice,
// Go programs use the last value, and they ignore the case of keys. Other
// programs use the first value, or refuse the document.
func (c *checker) document(raw []byte, what string, known keySets) {
	r := &keyReader{in: json.NewDecoder(bytes.NewReader(raw)), document: what, known: known}
	if r.value("") != nil || r.found == "" {
		return // Other checks report invalid JSON.
	}
	c.refuse(CodeAmbiguous, hintRebuild+" Programs read a document with an ambiguous key in different ways, so a client could run another image than the tested image.",
		"%s", r.found)
}

// keyReader reads the keys of a JSON document.
type keyReader struct {
	in       *json.Decoder
	document string // document is the name of the JSON document in messages.
	known    keySets
	found    string // found is the message about the first ambiguous key.
}

// value reads the JSON value at a path.
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

// object reads the keys and values of one JSON object.
func (r *keyReader) object(path string) error {
	seen := map[string]bool{}
	for r.in.More() {
		token, err := r.in.Token()
		if err != nil {
			return err
		}
		key, _ := token.(string) // The decoder returns only strings as keys.
		r.key(path, key, seen[key])
		seen[key] = true
		if err := r.value(path + "." + key); err != nil {
			return err
		}
	}
	_, err := r.in.Token()
	return err
}

// key records a key if it is ambiguous.
func (r *keyReader) key(path, key string, twice bool) {
	if r.found != "" {
		return
	}
	if twice {
		r.found = fmt.Sprintf("The %s has the key %q twice", r.document, clip(key))
	}
	for _, want := range r.known[path] {
		if key != want && strings.EqualFold(key, want) {
			r.found = fmt.Sprintf("The %s has the key %q instead of %q", r.document, clip(key), want)
		}
	}
}

// clip shortens a key for a message.
func clip(key string) string { return key[:min(len(key), 60)] }
