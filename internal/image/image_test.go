package image_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
)

func hash(c string) v1.Hash { return v1.Hash{Algorithm: "sha256", Hex: strings.Repeat(c, 64)} }

func blob(c string) *image.Blob { return &image.Blob{Descriptor: v1.Descriptor{Digest: hash(c)}} }

func node(c string, p *v1.Platform, blobs []*image.Blob, children ...*image.Manifest) *image.Manifest {
	m := &image.Manifest{Descriptor: v1.Descriptor{Digest: hash(c), MediaType: types.OCIManifestSchema1}, Platform: p, Blobs: blobs, Children: children}
	if children != nil {
		m.Descriptor.MediaType = types.OCIImageIndex
	}
	return m
}

func digests(list []*image.Manifest) string {
	var b strings.Builder
	for _, m := range list {
		b.WriteString(m.Descriptor.Digest.Hex[:1])
	}
	return b.String()
}

func TestListsOfTheTree(t *testing.T) {
	t.Parallel()
	linux, unknown := &v1.Platform{OS: "linux"}, &v1.Platform{OS: "unknown"}
	foreign := blob("f")
	foreign.Foreign = true
	shared := blob("1")
	left := node("a", linux, []*image.Blob{shared, foreign})
	right := node("b", linux, []*image.Blob{blob("1"), blob("2")})
	attestation := node("c", unknown, []*image.Blob{blob("3")})
	artifact := node("d", nil, nil)
	inner := node("e", nil, nil, right, left)
	root := node("0", nil, nil, left, inner, attestation, artifact, left)
	if got, want := digests(image.Manifests(root)), "abecd0"; got != want {
		t.Errorf("Manifests are %s, want %s: children first, each manifest once", got, want)
	}
	if got, want := digests(image.Images(root)), "ab"; got != want {
		t.Errorf("Images are %s, want %s", got, want)
	}
	var blobs string
	for _, b := range image.Blobs(root) {
		blobs += b.Descriptor.Digest.Hex[:1]
	}
	if blobs != "123" {
		t.Errorf("Blobs are %s, want 123: each blob once, no foreign layer", blobs)
	}
}

func TestEachPendingBlobIsListedOnce(t *testing.T) {
	t.Parallel()
	twice, other := &image.Blob{DiffID: hash("1")}, &image.Blob{DiffID: hash("2")}
	m := &image.Manifest{Blobs: []*image.Blob{blob("a"), twice, other, twice}}
	if got := image.Blobs(m); len(got) != 3 || got[1] != twice || got[2] != other {
		t.Errorf("got %v", got)
	}
}

func TestMountSource(t *testing.T) {
	t.Parallel()
	repo := func(s string) name.Repository {
		r, err := name.NewRepository(s)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	web := repo("ghcr.io/acme/web")
	cases := []struct {
		name string
		from []name.Repository
		want string
	}{
		{"none", nil, ""},
		{"the same repository", []name.Repository{web}, ""},
		{"another registry", []name.Repository{repo("docker.io/acme/web")}, ""},
		{"another repository of the registry", []name.Repository{web, repo("docker.io/a/b"), repo("ghcr.io/a/b"), repo("ghcr.io/a/c")}, "ghcr.io/a/b"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := blob("a")
			b.MountFrom = c.from
			got, ok := b.MountSource(web)
			if ok != (c.want != "") || ok && got.Name() != c.want {
				t.Errorf("got %v, %t; want %q", got, ok, c.want)
			}
			b.Descriptor.Digest = v1.Hash{}
			if _, ok := b.MountSource(web); ok {
				t.Error("a blob without a digest can be mounted")
			}
		})
	}
}

func TestFinish(t *testing.T) {
	t.Parallel()
	pending := &image.Blob{DiffID: hash("1")}
	m := &image.Manifest{Blobs: []*image.Blob{pending}, Assemble: func(m *image.Manifest) ([]byte, error) {
		return []byte(m.Blobs[0].Descriptor.Digest.Hex[:1]), nil
	}}
	if err := m.Finish(); err == nil || !m.Pending() {
		t.Errorf("Finish succeeded for a manifest with a pending layer: %v", err)
	}
	pending.Descriptor.Digest = hash("a")
	if err := m.Finish(); err != nil {
		t.Fatal(err)
	}
	const want = "sha256:ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"
	if m.Descriptor.Digest.String() != want || m.Descriptor.Size != 1 || string(m.Raw) != "a" {
		t.Errorf("got %+v, %q", m.Descriptor, m.Raw)
	}
	m.Assemble = func(*image.Manifest) ([]byte, error) { return nil, errors.New("assembled again") }
	if err := m.Finish(); err != nil {
		t.Errorf("a finished manifest is assembled again: %v", err)
	}
	broken := &image.Manifest{Assemble: m.Assemble}
	if err := broken.Finish(); err == nil || !broken.Pending() {
		t.Errorf("got %v", err)
	}
}
