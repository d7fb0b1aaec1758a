package source_test

import (
	"strconv"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/ghcr-publish/ghcr-publish/internal/source"
	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

func TestAPickSelectsOneImage(t *testing.T) {
	t.Parallel()
	l := sourcetest.NewLayout(t)
	one, two, three := l.Image(sourcetest.AMD64, "1"), l.Image(sourcetest.AMD64, "2"), l.Image(sourcetest.AMD64, "3")
	l.Add(one, "docker.io/library/app:1.0", "docker.io/library/app:stable")
	l.Add(two, "ghcr.io/acme/web:2.0")
	l.Add(three, "v3")
	dir := sourcetest.Dir(t, l.Files())
	cases := []struct {
		pick string
		want v1.Descriptor
	}{
		{"docker.io/library/app:1.0", one}, {"app:1.0", one}, {"1.0", one}, {"app", one}, {"library/app:stable", one},
		{"ghcr.io/acme/web:2.0", two}, {"2.0", two}, {"ghcr.io/acme/web", two}, {"acme/web", two}, {"web", two},
		{"v3", three}, {"@2", three}, {three.Digest.String(), three},
	}
	for _, c := range cases {
		if got := open(t, dir+"#"+c.pick).Root.Descriptor.Digest; got != c.want.Digest {
			t.Errorf("%q picks %s, want %s", c.pick, got, c.want.Digest)
		}
	}
	for _, pick := range []string{"latest", "other", "app:2.0", "@3", "@-1", "@x", "sha256:00", "v"} {
		e := refused(t, dir+"#"+pick, source.CodeNoMatch)
		if !strings.Contains(e.Title, `"docker.io/library/app:1.0"`) || !strings.Contains(e.Title, `"v3"`) {
			t.Errorf("%q: the error does not list the images: %s", pick, e.Title)
		}
	}
	if e := refused(t, dir, source.CodeAmbiguous); !strings.Contains(e.Title, "3 images") {
		t.Errorf("got %q", e.Title)
	}
}

func TestAPickThatMatchesSeveralImagesIsAmbiguous(t *testing.T) {
	t.Parallel()
	l := sourcetest.NewLayout(t)
	l.Add(l.Image(sourcetest.AMD64, "1"), "docker.io/library/app:1")
	l.Add(l.Image(sourcetest.AMD64, "2"), "docker.io/library/app:2")
	e := refused(t, sourcetest.Dir(t, l.Files())+"#app", source.CodeAmbiguous)
	if !strings.Contains(e.Title, "2 images") {
		t.Errorf("got %q", e.Title)
	}
}

// Tools that copy an image with its referrers into a layout name the referrers by their
// technical tags.
func TestEntriesWithTechnicalTagsAreNoImages(t *testing.T) {
	t.Parallel()
	l := sourcetest.NewLayout(t)
	app := l.Image(sourcetest.AMD64, "app")
	tag := "sha256-" + app.Digest.Hex
	l.Add(app, "ghcr.io/acme/web:1.0")
	l.Add(l.Image(sourcetest.AMD64, "signature"), tag+".sig", "ghcr.io/acme/web:"+tag+".sig")
	l.Add(l.Image(sourcetest.AMD64, "attestation"), tag+".att")
	l.Add(l.Index(sourcetest.On(l.Image(sourcetest.AMD64, "list"), sourcetest.AMD64)), tag)
	dir := sourcetest.Dir(t, l.Files())
	src := open(t, dir)
	if got := src.Root.Descriptor.Digest; got != app.Digest {
		t.Errorf("got %s, want %s", got, app.Digest)
	}
	if len(src.Notices) != 1 || !strings.Contains(src.Notices[0].Text, "3 manifests") {
		t.Errorf("the notices are %+v", src.Notices)
	}
	if got := open(t, dir+"#"+tag+".att").Root.Descriptor.Digest; got == app.Digest {
		t.Error("a name does not select the attestation")
	}
	if images, err := source.Images(t.Context(), dir); err != nil || len(images) != 1 {
		t.Errorf("the images are %q, %v", images, err)
	}
	l.Add(l.Image(sourcetest.AMD64, "other"), "2.0")
	refused(t, sourcetest.Dir(t, l.Files()), source.CodeAmbiguous)
}

func TestEntriesOfOneDigestAreOneImage(t *testing.T) {
	t.Parallel()
	l := sourcetest.NewLayout(t)
	d := l.Image(sourcetest.AMD64, "1")
	l.Add(d, "a", "b")
	l.Add(d)
	if got := open(t, sourcetest.Dir(t, l.Files())).Root.Descriptor.Digest; got != d.Digest {
		t.Errorf("got %s", got)
	}
}

func TestAnErrorListsABoundedNumberOfImages(t *testing.T) {
	t.Parallel()
	l := sourcetest.NewLayout(t)
	for i := range 200 {
		l.Add(l.Image(sourcetest.AMD64, strconv.Itoa(i)), "v"+strconv.Itoa(i)+strings.Repeat("x", 1000))
	}
	e := refused(t, sourcetest.Dir(t, l.Files()), source.CodeAmbiguous)
	if len(e.Title) > 4000 || !strings.Contains(e.Title, "and 180 more") {
		t.Errorf("a title of %d bytes", len(e.Title))
	}
}

// oras lists an index in index.json, and also the platforms of the index and
// its referrers.
func TestPartsAndReferrersOfAnImageAreNotCandidates(t *testing.T) {
	t.Parallel()
	l := sourcetest.NewLayout(t)
	amd := l.Image(sourcetest.AMD64, "1")
	root := l.Index(sourcetest.On(amd, sourcetest.AMD64), sourcetest.On(l.Image(sourcetest.ARM64, "2"), sourcetest.ARM64))
	signature := l.JSON(types.OCIManifestSchema1, v1.Manifest{
		SchemaVersion: 2, MediaType: types.OCIManifestSchema1, Config: l.Blob(types.OCIEmptyJSON, []byte("{}")), Subject: &root,
	})
	l.Add(amd)
	l.Add(signature)
	l.Add(root, "v1")
	s := open(t, sourcetest.Dir(t, l.Files()))
	if s.Root.Descriptor.Digest != root.Digest {
		t.Errorf("got %s, want the index %s", s.Root.Descriptor.Digest, root.Digest)
	}
	if len(s.Notices) != 1 || s.Notices[0].Code != "source-referrers-left" {
		t.Errorf("notices %+v, want one about the signature", s.Notices)
	}
}
