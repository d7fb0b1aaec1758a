package sink

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/ci/needs"
	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

func TestLayoutContainsTheExactImage(t *testing.T) {
	t.Parallel()
	for _, make := range []func(t *testing.T) Image{
		func(t *testing.T) Image { return imageOf(t, "ghcr.io/acme/web:1.2.3", single) },
		func(t *testing.T) Image { return imageOf(t, "ghcr.io/acme/web:1.2.3", multi) },
	} {
		img, dir := make(t), filepath.Join(t.TempDir(), "a", "layout")
		write(t, dir, img)
		wantSame(t, readBack(t, dir).Root, img.Root)
		for _, pick := range []string{"1.2.3", "ghcr.io/acme/web:1.2.3"} {
			wantSame(t, readBack(t, dir+"#"+pick).Root, img.Root)
		}
	}
}

func TestLayoutIsDeterministic(t *testing.T) {
	t.Parallel()
	img := imageOf(t, "ghcr.io/acme/web:1", multi)
	a, b := t.TempDir(), t.TempDir()
	write(t, a, img)
	write(t, b, img)
	write(t, b, img) // a second write changes nothing
	got, want := files(t, b), files(t, a)
	if !slices.Equal(sortedNames(got), sortedNames(want)) {
		t.Errorf("files differ: %q and %q", sortedNames(got), sortedNames(want))
	}
	for name := range want {
		if got[name] != want[name] {
			t.Errorf("%s differs", name)
		}
	}
}

func TestImagesAreAddedToALayout(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first, second := imageOf(t, "ghcr.io/acme/web:1", single), imageOf(t, "ghcr.io/acme/api:1", other)
	write(t, dir, first)
	if written := write(t, dir, second); written != 2 {
		t.Errorf("%d blobs were written, want 2, because the images share a layer", written)
	}
	wantSame(t, readBack(t, dir+"#ghcr.io/acme/web:1").Root, first.Root)
	wantSame(t, readBack(t, dir+"#ghcr.io/acme/api:1").Root, second.Root)
}

// entries returns the names in index.json. Each pair contains the annotation of the
// image-spec and the annotation of containerd.
func entries(t *testing.T, dir string) [][2]string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(dir, indexFile))
	if err != nil {
		t.Fatal(err)
	}
	var x v1.IndexManifest
	if err := json.Unmarshal(raw, &x); err != nil {
		t.Fatal(err)
	}
	var out [][2]string
	for _, m := range x.Manifests {
		out = append(out, [2]string{m.Annotations[annotationRef], m.Annotations[annotationName]})
	}
	return out
}

// A name in the target replaces an equal name. A whole reference replaces an
// equal reference. A tag alone replaces nothing.
func TestNamesInALayoutReplaceEqualNames(t *testing.T) {
	t.Parallel()
	const full = "ghcr.io/acme/web:1"
	digest := "ghcr.io/acme/web@sha256:" + strings.Repeat("a", 64)
	cases := []struct {
		name  string
		pulls [][2]string // the name after the path, and the reference
		want  [][2]string
	}{
		{"a tag", [][2]string{{"", full}}, [][2]string{{"1", full}}},
		{"the tag again", [][2]string{{"", full}, {"", full}}, [][2]string{{"1", full}}},
		{"no tag", [][2]string{{"", "ghcr.io/acme/web"}}, [][2]string{{"latest", "ghcr.io/acme/web:latest"}}},
		{"a digest", [][2]string{{"", digest}}, [][2]string{{"", digest}}},
		{"a reference of Docker Hub", [][2]string{{"", "alpine"}}, [][2]string{{"latest", "docker.io/library/alpine:latest"}}},
		{"two repositories", [][2]string{{"", full}, {"", "ghcr.io/acme/api:1"}}, [][2]string{{"1", full}, {"1", "ghcr.io/acme/api:1"}}},
		{"a name", [][2]string{{":web", full}}, [][2]string{{"web", ""}}},
		{"a reference as a name", [][2]string{{":registry.example.com/web:2", full}}, [][2]string{{"registry.example.com/web:2", "registry.example.com/web:2"}}},
		{"a name again", [][2]string{{":web", full}, {"", full}, {":web", "ghcr.io/acme/api:1"}}, [][2]string{{"web", ""}, {"1", full}}},
		{"a name that equals a tag", [][2]string{{"", full}, {"", "ghcr.io/acme/api:1"}, {":1", full}}, [][2]string{{"1", ""}}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			for i, p := range c.pulls {
				make := single
				if i%2 == 1 {
					make = other
				}
				write(t, "oci:"+dir+p[0], imageOf(t, p[1], make))
			}
			if got := entries(t, dir); !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestForeignContentOfALayoutStays(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	img := imageOf(t, "ghcr.io/acme/web:1", single)
	write(t, dir, img)
	theirs := `{"schemaVersion":2,"annotations":{"author":"other <&>"},"manifests":[{"mediaType":"application/x","digest":"sha512:00","size":1,"custom":[1,{"a":null}]}]}`
	if err := os.WriteFile(filepath.Join(dir, indexFile), []byte(theirs), 0o644); err != nil {
		t.Fatal(err)
	}
	write(t, dir, img)
	var compact bytes.Buffer
	if err := json.Compact(&compact, []byte(files(t, dir)[indexFile])); err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{`"annotations":{"author":"other <&>"}`, `{"mediaType":"application/x","digest":"sha512:00","size":1,"custom":[1,{"a":null}]}`, img.Root.Descriptor.Digest.String()} {
		if !strings.Contains(compact.String(), part) {
			t.Errorf("index.json lacks %s:\n%s", part, compact.String())
		}
	}
}

func TestDirectoriesThatAreNotLayoutsAreRefused(t *testing.T) {
	t.Parallel()
	file := func(name, text string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			t.Helper()
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	link := func(name, to string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			t.Helper()
			write(t, dir, imageOf(t, "ghcr.io/acme/web:1", single))
			path := filepath.Join(dir, filepath.FromSlash(name))
			if err := os.RemoveAll(path); err != nil {
				t.Fatal(err)
			}
			needs.Link(t, to, path)
		}
	}
	elsewhere := t.TempDir()
	blob := blobName(imageOf(t, "ghcr.io/acme/web:1", single).Root.Blobs[1].Descriptor.Digest)
	cases := []struct {
		name    string
		prepare func(*testing.T, string)
		code    string
	}{
		{"other files", file("main.go", "package main"), CodeNotLayout},
		{"another version", file(layoutFile, `{"imageLayoutVersion":"2.0.0"}`), CodeNotLayout},
		{"no JSON in oci-layout", file(layoutFile, "hello"), CodeNotLayout},
		{"a damaged index", func(t *testing.T, dir string) {
			file(layoutFile, layoutContent)(t, dir)
			file(indexFile, `{"manifests":7}`)(t, dir)
		}, CodeDamaged},
		{"a huge index", func(t *testing.T, dir string) {
			file(layoutFile, layoutContent)(t, dir)
			file(indexFile, strings.Repeat(" ", maxIndexSize+1))(t, dir)
		}, CodeDamaged},
		{"an image manifest instead of an index", func(t *testing.T, dir string) {
			file(layoutFile, layoutContent)(t, dir)
			file(indexFile, `{"mediaType":"application/vnd.oci.image.manifest.v1+json"}`)(t, dir)
		}, CodeDamaged},
		{"blobs is a link to the outside", link("blobs", elsewhere), CodeUnsafe},
		{"blobs/sha256 is a link to the outside", link("blobs/sha256", elsewhere), CodeUnsafe},
		{"blobs/sha256 is a link to the inside", link("blobs/sha256", "."), CodeUnsafe},
		{"a blob is a link to the outside", link(blob, filepath.Join(elsewhere, "x")), CodeUnsafe},
		{"index.json is a link to the outside", link(indexFile, filepath.Join(elsewhere, "y")), CodeUnsafe},
		{"oci-layout is a link to the outside", link(layoutFile, filepath.Join(elsewhere, "z")), CodeUnsafe},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			c.prepare(t, dir)
			_, err := tryWrite(t, mustParse(t, "oci:"+dir), imageOf(t, "ghcr.io/acme/web:1", single), nil)
			wantCode(t, err, c.code)
			if left := files(t, elsewhere); len(left) > 0 {
				t.Errorf("the files %q are outside of the layout", sortedNames(left))
			}
		})
	}
}

func TestFileInsteadOfALayoutIsRefused(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := tryWrite(t, mustParse(t, "oci:"+path), imageOf(t, "ghcr.io/acme/web:1", single), nil)
	wantCode(t, err, CodeNotLayout)
}

// A pull uses a blob in the layout only if all of its bytes are right.
func TestDamagedBlobsAreReplaced(t *testing.T) {
	t.Parallel()
	for _, change := range []func([]byte) []byte{
		func(raw []byte) []byte { raw[len(raw)/2] ^= 1; return raw },
		func(raw []byte) []byte { return raw[:len(raw)/2] },
	} {
		dir, img := t.TempDir(), imageOf(t, "ghcr.io/acme/web:1", single)
		write(t, dir, img)
		for _, damaged := range []string{blobName(img.Root.Blobs[1].Descriptor.Digest), blobName(img.Root.Descriptor.Digest)} {
			path := filepath.Join(dir, filepath.FromSlash(damaged))
			raw, err := os.ReadFile(path)
			if err == nil {
				err = os.WriteFile(path, change(raw), 0o644)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if written := write(t, dir, img); written != 1 {
			t.Errorf("%d blobs were written, want only the damaged blob", written)
		}
		wantSame(t, readBack(t, dir).Root, img.Root)
	}
}

// The directory of the layout does not exist at the start.
func TestConcurrentPullsIntoOneLayout(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "layout")
	var want [][2]string
	var group sync.WaitGroup
	for i := range 12 {
		tag := string(rune('a' + i))
		want = append(want, [2]string{tag, "ghcr.io/acme/web:" + tag})
		img := imageOf(t, "ghcr.io/acme/web:"+tag, []func(*sourcetest.Layout) v1.Descriptor{single, multi, other}[i%3])
		group.Go(func() {
			if _, err := tryWrite(t, Target{Kind: OCILayout, Path: dir}, img, nil); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	got := entries(t, dir)
	slices.SortFunc(got, func(a, b [2]string) int { return strings.Compare(a[0], b[0]) })
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	noLeftovers(t, dir)
}

func noLeftovers(t *testing.T, dir string) {
	t.Helper()
	for name := range files(t, dir) {
		if strings.Contains(name, ".part") {
			t.Errorf("the file %s remains", name)
		}
	}
}
