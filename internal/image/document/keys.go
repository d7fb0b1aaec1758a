package document

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
)

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

// CheckManifest checks the keys of a manifest or an index in the same way as Parse. Only
// programs that also accept digests of other algorithms need CheckManifest.
func CheckManifest(what string, raw []byte) error { return unambiguous(what, raw, manifestKeys) }

// CheckConfig checks the keys of the config of an image. The argument "what" is the name of
// the config in messages, such as "config sha256:…". For a config with an ambiguous key,
// the error is a *diag.Error with CodeAmbiguous. CheckConfig does not report invalid JSON.
func CheckConfig(what string, raw []byte) error { return unambiguous(what, raw, configKeys) }

// unambiguous checks that each key of a JSON document occurs once, and that no key
// differs from a known key only in upper and lower case. If a key occurs twice,
// Go programs use the last value, and they ignore the case of keys. Other
// programs use the first value, or refuse the document.
func unambiguous(what string, raw []byte, known keySets) error {
	r := &keyReader{in: json.NewDecoder(bytes.NewReader(raw)), document: what, known: known}
	_ = r.value("") // The parser of the document reports invalid JSON.
	if r.found == "" {
		return nil
	}
	return diag.New(CodeAmbiguous, diag.Source, hintAmbiguous, nil, "%s", r.found)
}

const hintAmbiguous = "Build the image again, and check the step that writes its manifest or its index. Programs read a document with an ambiguous key in different ways, so a client could run another image than the tested image."

// CodeAmbiguous means that a manifest or a config contains a key twice, or a key
// that differs from a known key only in upper and lower case. Programs read such a
// document in different ways.
const CodeAmbiguous = "image-json-ambiguous"

// unknownPath is the path of every object that has no known keys. The path of such an
// object in the document could have the length of the document, and a document can have
// 10,000 nested objects.
const unknownPath = "unknown"

// below returns the path of the value of a key.
func (k keySets) below(path, key string) string {
	if path := path + "." + key; k[path] != nil {
		return path
	}
	return unknownPath
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
		if err := r.value(r.known.below(path, key)); err != nil {
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
