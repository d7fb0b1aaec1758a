package inspect_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/image/compare"
	"github.com/ghcr-publish/ghcr-publish/internal/inspect"
	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

const (
	spdx = "https://spdx.dev/Document"
	slsa = "https://slsa.dev/provenance/v1"
)

// openssl returns an SBOM with one package.
func openssl(version string) string {
	return fmt.Sprintf(`{"spdxVersion":"SPDX-2.3","packages":[{"name":"openssl","versionInfo":%q}]}`, version)
}

// content returns the content of an image with its configs and SBOMs.
func content(t *testing.T, root *image.Manifest) *inspect.Content {
	t.Helper()
	c, err := inspect.NewContent(root)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.ReadConfigs(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if err := c.ReadSBOMs(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	return c
}

// attested stores an index of one image with an SBOM and a provenance.
func attested(l *sourcetest.Layout, version string) v1.Descriptor {
	amd := l.Configured(sourcetest.AMD64, v1.Config{User: "65532", Labels: map[string]string{"org.opencontainers.image.base.name": "alpine:3"}}, "base", version)
	return l.Index(amd, l.Documents(amd, sourcetest.Document{Type: spdx, Predicate: openssl(version)}, sourcetest.Document{Type: slsa, Predicate: `{}`}))
}

func TestContentDescribesAnIndexWithItsDocuments(t *testing.T) {
	t.Parallel()
	root := stored(t, func(l *sourcetest.Layout) v1.Descriptor { return attested(l, "3.0") })
	c := content(t, root)
	got := c.Image()
	if len(got.Platforms) != 1 || !c.HasSBOM() {
		t.Fatalf("got %+v", got)
	}
	p := got.Platforms[0]
	if p.Name != "linux/amd64" || p.Config == nil || p.Config.User != "65532" || len(p.Layers) != 2 || p.Layers[0].DiffID == "" || p.Base.Name != "alpine:3" || p.Size == 0 {
		t.Errorf("got %+v", p)
	}
	wantDocuments := []compare.Attestation{{Platform: "linux/amd64", Type: spdx}, {Platform: "linux/amd64", Type: slsa}}
	if !reflect.DeepEqual(got.Attestations, wantDocuments) {
		t.Errorf("got %+v", got.Attestations)
	}
	if want := map[string][]compare.Package{"linux/amd64": {{Name: "openssl", Version: "3.0"}}}; !reflect.DeepEqual(got.Packages, want) {
		t.Errorf("got %+v, want %+v", got.Packages, want)
	}
}

func TestContentOfTwoImagesIsComparable(t *testing.T) {
	t.Parallel()
	old := content(t, stored(t, func(l *sourcetest.Layout) v1.Descriptor { return attested(l, "3.0") })).Image()
	now := content(t, stored(t, func(l *sourcetest.Layout) v1.Descriptor { return l.Image(sourcetest.AMD64, "base", "new") })).Image()
	got := compare.Images(old, now, compare.Options{})
	if len(got.Platforms) != 1 || got.Platforms[0].Layers.Kept != 1 {
		t.Errorf("got %+v", got.Platforms)
	}
	var losses []string
	for _, l := range got.Losses {
		losses = append(losses, fmt.Sprintf("%s %s", l.Kind, l.Name))
	}
	want := []string{"sbom " + spdx, "attestation " + slsa, "label org.opencontainers.image.base.name"}
	if !reflect.DeepEqual(losses, want) {
		t.Errorf("got %q, want %q", losses, want)
	}
}

func TestContentTakesTheNameOfTheReleaseOfWindows(t *testing.T) {
	t.Parallel()
	version := func(v string) *image.Manifest {
		return stored(t, func(l *sourcetest.Layout) v1.Descriptor {
			p := &v1.Platform{OS: "windows", Architecture: "amd64", OSVersion: v}
			return l.Index(sourcetest.On(l.Image(p, v), p))
		})
	}
	got := compare.Images(content(t, version("10.0.20348.1")).Image(), content(t, version("10.0.20348.2")).Image(), compare.Options{})
	if len(got.Platforms) != 1 || got.Platforms[0].Platform != "windows/amd64 10.0.20348" {
		t.Errorf("got %+v", got.Platforms)
	}
}

func TestContentSkipsAnSBOMInAnotherFormat(t *testing.T) {
	t.Parallel()
	c := content(t, stored(t, func(l *sourcetest.Layout) v1.Descriptor {
		amd := sourcetest.On(l.Image(sourcetest.AMD64, "a"), sourcetest.AMD64)
		return l.Index(amd, l.Documents(amd, sourcetest.Document{Type: spdx, Predicate: `"text"`}))
	}))
	if got := c.Image().Packages; len(got) != 0 || !c.HasSBOM() {
		t.Errorf("got %+v", got)
	}
}

func TestContentReadsOnlyTheConfigsThatDiffer(t *testing.T) {
	t.Parallel()
	c, err := inspect.NewContent(stored(t, func(l *sourcetest.Layout) v1.Descriptor { return l.MultiPlatform() }))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.ReadConfigs(t.Context(), c.Digests()); err != nil {
		t.Fatal(err)
	}
	for _, p := range c.Image().Platforms {
		if p.Config != nil || !strings.HasPrefix(p.Name, "linux/") {
			t.Errorf("got %+v", p)
		}
	}
}
