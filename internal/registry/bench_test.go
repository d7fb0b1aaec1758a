package registry_test

import (
	"io"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/registry"
)

// BenchmarkVerify measures the hashing of a blob, which is part of every upload.
func BenchmarkVerify(b *testing.B) {
	content := repeatedText("layer", 8<<20)
	desc := descriptor(content)
	open := opener(content)
	b.SetBytes(desc.Size)
	for b.Loop() {
		r, err := open(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, registry.Verify(r, desc)); err != nil {
			b.Fatal(err)
		}
	}
}
