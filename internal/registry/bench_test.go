package registry_test

import (
	"io"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/registry"
)

// BenchmarkVerify hashes a blob as it passes, as every upload does.
func BenchmarkVerify(b *testing.B) {
	content := pattern("layer", 8<<20)
	desc := descriptor(content)
	open := reading(content)
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
