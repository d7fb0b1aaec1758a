package plan_test

import (
	"fmt"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/plan"
)

// BenchmarkNew plans an index of 1,000 images with 10 layers each.
func BenchmarkNew(b *testing.B) {
	hash := func(kind string, n int) v1.Hash {
		return v1.Hash{Algorithm: "sha256", Hex: fmt.Sprintf("%s%060d", kind, n)}
	}
	root := &image.Manifest{Descriptor: v1.Descriptor{MediaType: types.OCIImageIndex, Digest: hash("root", 0)}}
	for i := range 1000 {
		child := &image.Manifest{Descriptor: v1.Descriptor{MediaType: types.OCIManifestSchema1, Digest: hash("mani", i)}}
		for j := range 10 {
			child.Blobs = append(child.Blobs, &image.Blob{Descriptor: v1.Descriptor{Digest: hash("blob", i*10+j), Size: 1}})
		}
		root.Children = append(root.Children, child)
	}
	repo, err := name.NewRepository("ghcr.io/acme/web")
	if err != nil {
		b.Fatal(err)
	}
	targets := []plan.Target{{Repo: repo, Tags: []string{"1", "2"}}}
	b.ReportAllocs()
	for b.Loop() {
		if got := len(plan.New(root, targets, nil).Steps); got != 11_003 {
			b.Fatalf("%d steps", got)
		}
	}
}
