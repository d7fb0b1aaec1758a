package document_test

import (
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/ghcr-publish/ghcr-publish/internal/image/document"
)

// FuzzParse checks that Parse returns for all input, and that every descriptor
// in an accepted document has a digest that is safe as a file name.
func FuzzParse(f *testing.F) {
	for _, mediaType := range []types.MediaType{"", types.OCIImageIndex, types.DockerManifestSchema2, "application/x-new"} {
		f.Add([]byte(`{"schemaVersion":2,"manifests":[{"digest":"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","size":0}]}`), string(mediaType))
		f.Add([]byte(`{"config":{"digest":"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},"layers":null}`), string(mediaType))
		f.Add([]byte(`{"layers":[{}],"blobs":{}}`), string(mediaType))
	}
	f.Fuzz(func(t *testing.T, raw []byte, mediaType string) {
		doc, err := document.Parse("manifest", raw, types.MediaType(mediaType))
		if err != nil {
			return
		}
		for _, d := range append(doc.Blobs(), doc.Manifests...) {
			if _, err := v1.NewHash(d.Digest.String()); err != nil || d.Size < 0 {
				t.Errorf("accepted the descriptor %+v", d)
			}
		}
	})
}
