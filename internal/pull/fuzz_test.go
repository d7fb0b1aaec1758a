package pull

import (
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// FuzzChoose chooses an image from an arbitrary index. The chosen image must
// have a digest and must match the platform.
func FuzzChoose(f *testing.F) {
	for _, seed := range []string{
		`{}`, `null`, `{"manifests":null}`, `{"manifests":[]}`, `{"manifests":[null,{}]}`, `{"manifests":{}}`,
		`{"manifests":[{"digest":"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","platform":{"os":"linux","architecture":"arm64","variant":"v8"}}]}`,
		`{"manifests":[{"digest":"sha256:00","platform":{}}]}`,
	} {
		f.Add([]byte(seed), "linux", "arm64", "")
	}
	ref, err := name.ParseReference("ghcr.io/acme/web:1")
	if err != nil {
		f.Fatal(err)
	}
	index := v1.Descriptor{MediaType: types.OCIImageIndex}
	f.Fuzz(func(t *testing.T, raw []byte, os, architecture, variant string) {
		want := v1.Platform{OS: os, Architecture: architecture, Variant: variant}
		got, err := choose(index, raw, Query{Reference: ref, Platform: &want})
		if (got == nil) != (err != nil) {
			t.Fatalf("got %v and %v", got, err)
		}
		if got != nil && (got.Digest == (v1.Hash{}) || !matches(want, *got.Platform) || got.Platform.OS == "unknown") {
			t.Fatalf("got the image %+v for the platform %+v", got, want)
		}
		if one, err := choose(index, raw, Query{Reference: ref, Single: true, DefaultPlatform: want}); (one == nil) != (err != nil) {
			t.Fatalf("got %v and %v", one, err)
		}
	})
}
