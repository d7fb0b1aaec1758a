package rules

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/image/document"
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

// keys checks that the keys of a config are not ambiguous. The parser of the manifest has
// checked the keys of the manifest (package document).
func (c *checker) keys(m *image.Manifest, config []byte) {
	for _, e := range diag.All(document.CheckConfig("config "+m.Blobs[0].Descriptor.Digest.String(), config)) {
		c.refuse(e.Code, e.Hint, "%s", e.Title)
	}
}
