package rules

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/keys"
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

// The known keys of manifests and configs.
var (
	descriptorKeys = []string{"mediaType", "digest", "size", "urls", "annotations", "data", "platform", "artifactType"}
	platformKeys   = []string{"architecture", "os", "os.version", "os.features", "variant"}

	manifestKeys = keys.Sets{
		"":                    {"schemaVersion", "mediaType", "artifactType", "config", "layers", "blobs", "manifests", "subject", "annotations"},
		".config":             descriptorKeys,
		".layers":             descriptorKeys,
		".blobs":              descriptorKeys,
		".subject":            descriptorKeys,
		".manifests":          descriptorKeys,
		".manifests.platform": platformKeys,
	}
	configKeys = keys.Sets{
		"":        append([]string{"rootfs", "config", "history", "created", "author"}, platformKeys...),
		".rootfs": {"type", "diff_ids"},
	}
)

// document checks that no key of a JSON document is ambiguous.
func (c *checker) document(raw []byte, what string, known keys.Sets) {
	found := keys.Ambiguous(raw, known)
	if found == "" {
		return // Other checks report invalid JSON.
	}
	c.refuse(CodeAmbiguous, hintRebuild+" Programs read a document with an ambiguous key in different ways, so a client could run another image than the tested image.",
		"The %s %s", what, found)
}
