package merge_test

import (
	"bytes"
	"context"
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/source"
	"github.com/ghcr-publish/ghcr-publish/internal/source/merge"
	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

// made returns a platform image as merge.Read returns it, without a registry.
func made(t *testing.T, name string, make func(*sourcetest.Layout) v1.Descriptor) merge.ReadImage {
	t.Helper()
	l := sourcetest.NewLayout(t)
	l.Add(make(l))
	src, err := source.Open(context.Background(), sourcetest.Dir(t, l.Files()), source.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = src.Close() })
	return merge.ReadImage{PlatformImage: merge.PlatformImage{Name: name, Digest: src.Root.Descriptor.Digest}, Root: src.Root}
}

// attested returns an image with an attestation, as BuildKit pushes it for one
// platform.
func attested(t *testing.T, name string, p *v1.Platform) merge.ReadImage {
	return made(t, name, func(l *sourcetest.Layout) v1.Descriptor {
		img := sourcetest.On(l.Image(p, name), p)
		return l.Index(img, l.Attestation(img))
	})
}

func annotated(t *testing.T, name string, p *v1.Platform, annotations map[string]string) merge.ReadImage {
	return made(t, name, func(l *sourcetest.Layout) v1.Descriptor {
		return l.JSON(types.OCIImageIndex, v1.IndexManifest{
			SchemaVersion: 2, MediaType: types.OCIImageIndex, Annotations: annotations,
			Manifests: []v1.Descriptor{sourcetest.On(l.Image(p, name), p)},
		})
	})
}

func join(t *testing.T, o merge.Options, images ...merge.ReadImage) *merge.Result {
	t.Helper()
	if o.Attestations == "" {
		o.Attestations = merge.Keep
	}
	j, err := merge.Join(images, o)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func entries(t *testing.T, m *image.Manifest) v1.IndexManifest {
	t.Helper()
	var doc v1.IndexManifest
	if err := json.Unmarshal(m.Raw, &doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

var windows = &v1.Platform{OS: "windows", Architecture: "amd64", OSVersion: "10.0.17763.1", OSFeatures: []string{"win32k"}}

func TestIndexIsTheSameInEveryOrder(t *testing.T) {
	t.Parallel()
	newer := *windows
	newer.OSVersion = "10.0.20348.2"
	images := []merge.ReadImage{
		attested(t, "a", sourcetest.ARM64), attested(t, "b", sourcetest.AMD64), attested(t, "c", windows), attested(t, "d", &newer),
		annotated(t, "e", &v1.Platform{OS: "linux", Architecture: "arm", Variant: "v7"}, map[string]string{"x": "1"}),
	}
	want := join(t, merge.Options{}, images...).Root
	for range 20 {
		rand.Shuffle(len(images), func(i, j int) { images[i], images[j] = images[j], images[i] })
		if got := join(t, merge.Options{}, images...).Root; !bytes.Equal(got.Raw, want.Raw) {
			t.Fatalf("another order returned\n%s\nwant\n%s", got.Raw, want.Raw)
		}
	}
	digest, size, _ := v1.SHA256(bytes.NewReader(want.Raw))
	if d := want.Descriptor; d.Digest != digest || d.Size != size || d.MediaType != types.OCIImageIndex {
		t.Errorf("the descriptor %v does not describe the index", d)
	}
	var versions []string
	for _, d := range entries(t, want).Manifests {
		if d.Platform.OS == "windows" {
			versions = append(versions, d.Platform.OSVersion+strings.Join(d.Platform.OSFeatures, ","))
		}
	}
	if want := []string{"10.0.17763.1win32k", "10.0.20348.2win32k"}; !slices.Equal(versions, want) {
		t.Errorf("the index has the Windows versions %q, want %q", versions, want)
	}
}

func TestIndexKeepsAnnotationsWithEqualValues(t *testing.T) {
	t.Parallel()
	a := annotated(t, "a", sourcetest.AMD64, map[string]string{"same": "1", "own": "a", "other": "a", "ours": "old"})
	b := annotated(t, "b", sourcetest.ARM64, map[string]string{"same": "1", "other": "b"})
	j := join(t, merge.Options{Annotations: map[string]string{"ours": "new", "added": "1"}}, a, b)
	got, err := json.Marshal(entries(t, j.Root).Annotations)
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"added":"1","ours":"new","own":"a","same":"1"}`; string(got) != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if len(j.Notices) != 1 || !strings.Contains(j.Notices[0].Text, "other") {
		t.Errorf("no notice about the annotation with different values: %v", j.Notices)
	}
}

// A description that the author of the images wrote has precedence over a default.
func TestDefaultAnnotationsAgreeWithTheImages(t *testing.T) {
	t.Parallel()
	labelled := func(name string, p *v1.Platform, labels string) merge.ReadImage {
		img := made(t, name, func(l *sourcetest.Layout) v1.Descriptor { return l.Image(p, name) })
		img.Root.Platform = p
		img.Root.Blobs[0].Content = []byte(`{"config":{"Labels":` + labels + `}}`)
		return img
	}
	defaults := map[string]string{"title": "web", "url": "https://github.test", "description": "d", "agreed": "x"}
	j := join(t, merge.Options{Defaults: defaults, Annotations: map[string]string{"revision": "c"}},
		labelled("a", sourcetest.AMD64, `{"title":"My App","url":"https://a.test","revision":"old"}`),
		labelled("b", sourcetest.ARM64, `{"title":"My App","url":"https://b.test"}`),
		annotated(t, "c", &v1.Platform{OS: "linux", Architecture: "s390x"}, map[string]string{"agreed": "index"}))
	got, err := json.Marshal(entries(t, j.Root).Annotations)
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"agreed":"index","description":"d","revision":"c","title":"My App"}`; string(got) != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestOneImageIsNotWrapped(t *testing.T) {
	t.Parallel()
	single := made(t, "a", func(l *sourcetest.Layout) v1.Descriptor { return l.Image(sourcetest.AMD64, "a") })
	withProof := attested(t, "b", sourcetest.AMD64)
	cases := []struct {
		name string
		img  merge.ReadImage
		o    merge.Options
		want v1.Hash
	}{
		{"an image", single, merge.Options{Annotations: map[string]string{"x": "1"}}, single.Digest},
		{"an image with its attestation", withProof, merge.Options{}, withProof.Digest},
		{"an image whose attestation is stripped", withProof, merge.Options{Attestations: merge.Strip}, withProof.Root.Children[0].Descriptor.Digest},
		{"an image with index-type docker", single, merge.Options{Docker: true}, single.Digest},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := join(t, c.o, c.img).Root.Descriptor.Digest; got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func dockerImage(t *testing.T, p *v1.Platform) func(*sourcetest.Layout) v1.Descriptor {
	return func(l *sourcetest.Layout) v1.Descriptor {
		return l.JSON(types.DockerManifestSchema2, v1.Manifest{
			SchemaVersion: 2, MediaType: types.DockerManifestSchema2,
			Config: l.Blob(types.DockerConfigJSON, sourcetest.Config(t, p)),
		})
	}
}

func TestIndexWithDockerMediaTypes(t *testing.T) {
	t.Parallel()
	a, b := made(t, "a", dockerImage(t, sourcetest.AMD64)), made(t, "b", dockerImage(t, sourcetest.ARM64))
	doc := entries(t, join(t, merge.Options{Docker: true, Annotations: map[string]string{"x": "1"}}, a, b).Root)
	if doc.MediaType != types.DockerManifestList || len(doc.Annotations) > 0 || len(doc.Manifests) != 2 {
		t.Errorf("got %+v", doc)
	}
	_, err := merge.Join([]merge.ReadImage{a, attested(t, "oci", sourcetest.ARM64)}, merge.Options{Docker: true, Attestations: merge.Strip})
	if !diag.Is(err, merge.CodeNotDocker) || !strings.Contains(err.Error(), `"oci"`) {
		t.Errorf("an OCI image in an index of Docker: %v", err)
	}
}

func TestAttestationWithoutItsImageIsLeftOutWithANotice(t *testing.T) {
	t.Parallel()
	stray := made(t, "b", func(l *sourcetest.Layout) v1.Descriptor {
		gone := l.Image(sourcetest.AMD64, "gone")
		return l.Index(sourcetest.On(l.Image(sourcetest.ARM64, "b"), sourcetest.ARM64), l.Attestation(gone))
	})
	j := join(t, merge.Options{}, attested(t, "a", sourcetest.AMD64), stray)
	if n := len(entries(t, j.Root).Manifests); n != 3 {
		t.Errorf("the index has %d entries, want two images and one attestation", n)
	}
	if len(j.Notices) != 1 || !strings.Contains(j.Notices[0].Text, `"b"`) {
		t.Errorf("no notice about the attestation without its image: %v", j.Notices)
	}
}

func TestReferrersNameTheirImage(t *testing.T) {
	t.Parallel()
	images := []merge.ReadImage{attested(t, "a", sourcetest.AMD64), attested(t, "b", sourcetest.ARM64)}
	j := join(t, merge.Options{Attestations: merge.Referrers}, images...)
	if n := len(entries(t, j.Root).Manifests); n != 2 || len(j.Referrers) != 2 {
		t.Fatalf("%d entries and %d referrers, want 2 of each", n, len(j.Referrers))
	}
	for i, r := range j.Referrers {
		var m struct {
			ArtifactType string
			Subject      v1.Descriptor
			Layers       []v1.Descriptor
		}
		if err := json.Unmarshal(r.Manifest.Raw, &m); err != nil {
			t.Fatal(err)
		}
		old := images[i].Root.Children[1]
		if m.Subject.Digest != images[i].Root.Children[0].Descriptor.Digest || m.Subject.Platform != nil ||
			m.ArtifactType != r.ArtifactType || m.Layers[0].Digest != old.Blobs[1].Descriptor.Digest {
			t.Errorf("referrer %d is %s", i, r.Manifest.Raw)
		}
	}
}

// An attestation with a subject is a referrer already, and signatures of it must stay
// valid.
func TestReferrerKeepsItsBytes(t *testing.T) {
	t.Parallel()
	read := bound(t, "a", sourcetest.AMD64)
	j := join(t, merge.Options{Attestations: merge.Referrers}, read, attested(t, "b", sourcetest.ARM64))
	if n := len(entries(t, j.Root).Manifests); n != 2 || len(j.Referrers) != 2 {
		t.Fatalf("%d entries and %d referrers, want 2 of each", n, len(j.Referrers))
	}
	got, old := j.Referrers[0], read.Root.Children[1]
	if !bytes.Equal(got.Manifest.Raw, old.Raw) || got.Manifest.Descriptor.Digest != old.Descriptor.Digest || got.Manifest.Descriptor.Platform != nil ||
		got.ArtifactType != "application/vnd.docker.attestation.manifest.v1+json" || got.Subject.Digest != read.Root.Children[0].Descriptor.Digest {
		t.Errorf("the referrer is %+v: %s", got, got.Manifest.Raw)
	}
}

// bound returns an image with an attestation of BuildKit 0.32 or later.
func bound(t *testing.T, name string, p *v1.Platform) merge.ReadImage {
	return made(t, name, func(l *sourcetest.Layout) v1.Descriptor {
		img := sourcetest.On(l.Image(p, name), p)
		return l.Index(img, l.BoundAttestation(img))
	})
}

func TestAttestationsGetTheOlderForm(t *testing.T) {
	t.Parallel()
	legacy := merge.Options{Attestations: merge.Legacy}
	cases := []struct {
		name    string
		images  func() []merge.ReadImage
		written string // in the notice; "" for no notice
	}{
		{"two images", func() []merge.ReadImage {
			return []merge.ReadImage{bound(t, "a", sourcetest.AMD64), bound(t, "b", sourcetest.ARM64)}
		}, "before 0.32 (2)"},
		{"one image in the older form", func() []merge.ReadImage {
			return []merge.ReadImage{attested(t, "a", sourcetest.AMD64), bound(t, "b", sourcetest.ARM64)}
		}, "before 0.32 (1)"},
		{"only one image", func() []merge.ReadImage { return []merge.ReadImage{bound(t, "a", sourcetest.AMD64)} }, "before 0.32 (1)"},
		{"only the older form", func() []merge.ReadImage { return []merge.ReadImage{attested(t, "a", sourcetest.AMD64)} }, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			images := c.images()
			j := join(t, legacy, images...)
			if again := join(t, legacy, c.images()...); !bytes.Equal(again.Root.Raw, j.Root.Raw) {
				t.Error("the same digests give another index")
			}
			doc := entries(t, j.Root)
			if len(doc.Manifests) != 2*len(images) || len(j.Referrers) > 0 {
				t.Fatalf("the index is %s", j.Root.Raw)
			}
			for i, d := range doc.Manifests[len(images):] {
				if d.Annotations["vnd.docker.reference.digest"] != doc.Manifests[i].Digest.String() || d.Platform.OS != "unknown" || j.Root.Children[len(images)+i].IsArtifactAttestation() {
					t.Errorf("the attestation is %+v: %s", d, j.Root.Children[len(images)+i].Raw)
				}
			}
			if (len(j.Notices) > 0) != (c.written != "") || len(j.Notices) > 1 || c.written != "" && !strings.Contains(j.Notices[0].Text, c.written) {
				t.Errorf("the notices are %v", j.Notices)
			}
		})
	}
}

func TestImageWithoutAPlatformIsRefused(t *testing.T) {
	t.Parallel()
	silent := func(l *sourcetest.Layout) v1.Descriptor { return l.Image(&v1.Platform{}, "x") }
	_, err := merge.Join([]merge.ReadImage{made(t, "a", silent), attested(t, "b", sourcetest.AMD64)}, merge.Options{Attestations: merge.Keep})
	if !diag.Is(err, merge.CodePlatformUnknown) || !strings.Contains(err.Error(), `"a"`) {
		t.Errorf("got %v", err)
	}
}

func TestImageWithAnotherNameOfAnExpectedPlatformIsNamed(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"x86_64": "linux/amd64", "aarch64": "linux/arm64"} {
		_, err := merge.Join([]merge.ReadImage{attested(t, "job", &v1.Platform{OS: "linux", Architecture: text})},
			merge.Options{Attestations: merge.Keep, Expect: []string{want}})
		all := diag.All(err)
		if len(all) != 1 || all[0].Code != merge.CodePlatformMissing || !strings.Contains(all[0].Title, "linux/"+text) || !strings.Contains(all[0].Hint, want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// Clients do not distinguish the variants that are the default of an architecture, but
// images for Windows can differ in the version and in the features.
func TestImagesThatClientsDoNotDistinguishAreRefused(t *testing.T) {
	t.Parallel()
	windows := func(version string, features ...string) *v1.Platform {
		return &v1.Platform{OS: "windows", Architecture: "amd64", OSVersion: version, OSFeatures: features}
	}
	arm := func(variant string) *v1.Platform {
		return &v1.Platform{OS: "linux", Architecture: "arm", Variant: variant}
	}
	cases := []struct {
		name string
		a, b *v1.Platform
		ok   bool
	}{
		{"the default variant of arm", arm(""), arm("v7"), false},
		{"the default variant of arm64", sourcetest.ARM64, &v1.Platform{OS: "linux", Architecture: "arm64"}, false},
		{"an alias", sourcetest.AMD64, &v1.Platform{OS: "linux", Architecture: "x86_64"}, false},
		{"two variants of arm", arm("v6"), arm("v7"), true},
		{"two versions", windows("10.0.1"), windows("10.0.2"), true},
		{"a feature", windows("10.0.1"), windows("10.0.1", "win32k"), true},
		{"the same version", windows("10.0.1"), windows("10.0.1"), false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := merge.Join([]merge.ReadImage{attested(t, "a", c.a), attested(t, "b", c.b)}, merge.Options{Attestations: merge.Keep})
			if c.ok != (err == nil) || err != nil && !diag.Is(err, merge.CodePlatformDuplicate) {
				t.Errorf("got %v", err)
			}
		})
	}
}
