package pushed_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/pushed"
)

func layer(n int) v1.Hash {
	return v1.Hash{Algorithm: "sha256", Hex: fmt.Sprintf("%064x", n)}
}

// imageOf returns an image with a config and layers.
func imageOf(layers ...int) *image.Manifest {
	m := &image.Manifest{Platform: &v1.Platform{OS: "linux", Architecture: "amd64"}, Blobs: []*image.Blob{{Descriptor: v1.Descriptor{Digest: layer(999)}}}}
	for _, n := range layers {
		m.Blobs = append(m.Blobs, &image.Blob{Descriptor: v1.Descriptor{Digest: layer(n)}})
	}
	return m
}

func repository(t *testing.T, text string) name.Repository {
	t.Helper()
	repo, err := name.NewRepository(text)
	if err != nil {
		t.Fatal(err)
	}
	return repo
}

// found describes the result of Find.
func found(r pushed.Record, root *image.Manifest, to name.Repository) string {
	var out []string
	for _, e := range r.Find(root, to) {
		text := e.Repository.String() + ":"
		for _, l := range e.Layers {
			text += " " + strings.TrimLeft(l.Hex, "0")
		}
		out = append(out, text)
	}
	return strings.Join(out, "; ")
}

func TestLayersOfTheSameOwnerAreFound(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := pushed.In(dir)
	for _, e := range []struct {
		repo   string
		layers []int
	}{
		{"ghcr.io/acme/a", []int{1, 2, 3}}, {"ghcr.io/acme/b", []int{2, 4}}, {"ghcr.io/other/c", []int{5}}, {"quay.io/acme/d", []int{5}},
		{"ghcr.io/acme/web", []int{6}}, {"ghcr.io/acme/a", []int{1, 3}},
	} {
		if err := r.Add(imageOf(e.layers...), repository(t, e.repo)); err != nil {
			t.Fatal(err)
		}
	}
	want := "ghcr.io/acme/a: 1 3; ghcr.io/acme/b: 2 4"
	if got := found(r, imageOf(1, 2, 3, 4, 5, 6), repository(t, "ghcr.io/acme/web")); got != want {
		t.Errorf("found %q, want %q", got, want)
	}
	if got := found(r, imageOf(999), repository(t, "ghcr.io/acme/web")); got != "" {
		t.Errorf("found %q for the digest of a config", got)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("the folder contains %v, %v", entries, err)
	}
}

func TestARecordHasLimits(t *testing.T) {
	t.Parallel()
	r := pushed.In(t.TempDir())
	for i := range 200 {
		if err := r.Add(imageOf(i), repository(t, fmt.Sprintf("ghcr.io/acme/r%d", i))); err != nil {
			t.Fatal(err)
		}
	}
	web := repository(t, "ghcr.io/acme/web")
	if got := found(r, imageOf(0, 71), web); got != "" {
		t.Errorf("an old repository is still recorded: %s", got)
	}
	if got, want := found(r, imageOf(80, 120, 130, 140, 199), web), "ghcr.io/acme/r199: c7; ghcr.io/acme/r140: 8c; ghcr.io/acme/r130: 82; ghcr.io/acme/r120: 78"; got != want {
		t.Errorf("found %q, want %q", got, want)
	}
}

func TestAnUnusableRecordIsEmpty(t *testing.T) {
	t.Parallel()
	web := repository(t, "ghcr.io/acme/web")
	for name, text := range map[string]string{"no JSON": "{", "another document": `{"a":1}`, "a wrong name": `[{"repository":"../x","layers":["` + layer(1).String() + `"]}]`, "a wrong digest": `[{"repository":"ghcr.io/acme/a","layers":["x"]}]`} {
		dir := t.TempDir()
		r := pushed.In(dir)
		if err := os.WriteFile(string(r), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := found(r, imageOf(1), web); got != "" {
			t.Errorf("%s: found %q", name, got)
		}
		if err := r.Add(imageOf(2), repository(t, "ghcr.io/acme/b")); err != nil || found(r, imageOf(2), web) == "" {
			t.Errorf("%s: the record is not replaced: %v", name, err)
		}
	}
	for name, r := range map[string]pushed.Record{"no folder": pushed.In(""), "a missing folder": pushed.In(filepath.Join(t.TempDir(), "x"))} {
		if err := r.Add(imageOf(1), web); err != nil || len(r.Find(imageOf(1), web)) != 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
}
