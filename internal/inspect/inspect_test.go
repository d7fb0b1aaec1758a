package inspect_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/inspect"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
	"github.com/ghcr-publish/ghcr-publish/internal/source"
	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

func opened(t *testing.T, path string) *image.Manifest {
	t.Helper()
	s, err := source.Open(t.Context(), path, source.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s.Root
}

func stored(t *testing.T, make func(*sourcetest.Layout) v1.Descriptor) *image.Manifest {
	t.Helper()
	l := sourcetest.NewLayout(t)
	l.Add(make(l))
	return opened(t, sourcetest.Dir(t, l.Files()))
}

func described(t *testing.T, root *image.Manifest) *inspect.View {
	t.Helper()
	v, err := inspect.Describe(t.Context(), root)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestIndex(t *testing.T) {
	t.Parallel()
	root := stored(t, func(l *sourcetest.Layout) v1.Descriptor { return l.MultiPlatform() })
	v := described(t, root)
	if v.Digest != root.Descriptor.Digest.String() || string(v.Manifest) != string(root.Raw) || v.Manifests != 5 {
		t.Errorf("got %+v", v)
	}
	var size int64
	for _, m := range image.Manifests(root) {
		size += m.Descriptor.Size
	}
	for _, b := range image.Blobs(root) {
		size += b.Descriptor.Size
	}
	if v.Size != size || v.Blobs != len(image.Blobs(root)) {
		t.Errorf("got %d bytes in %d blobs, want %d", v.Size, v.Blobs, size)
	}
	attested := map[string]bool{}
	for _, i := range v.Images {
		attested[i.Attests] = true
		if i.Config == nil || i.Manifest == nil || len(i.Layers) == 0 {
			t.Errorf("got %+v", i)
		}
	}
	for _, i := range v.Images {
		if i.Platform.OS == "linux" && !attested[i.Digest] {
			t.Errorf("%s has no attestation", i.Digest)
		}
	}
}

func TestSavedImageIsNotCompressedToBeShown(t *testing.T) {
	t.Parallel()
	v := described(t, opened(t, sourcetest.Tar(t, sourcetest.DockerSave(t, sourcetest.NewSaved(t, "web:1", "one", "two")))))
	if v.Digest != "" || v.Manifest != nil || len(v.Images) != 1 {
		t.Fatalf("got %+v", v)
	}
	i := v.Images[0]
	if i.Config == nil || len(i.Layers) != 2 || i.Layers[0].Digest != "" || i.Layers[0].PlainSize == 0 || i.Layers[0].DiffID == "" {
		t.Errorf("got %+v", i)
	}
}

func TestArtifact(t *testing.T) {
	t.Parallel()
	var subject v1.Descriptor
	root := stored(t, func(l *sourcetest.Layout) v1.Descriptor {
		subject = l.Image(sourcetest.AMD64, "one")
		return l.JSON(types.OCIManifestSchema1, map[string]any{
			"schemaVersion": 2, "mediaType": types.OCIManifestSchema1, "artifactType": "application/vnd.example", "subject": subject,
			"annotations": map[string]string{"key": "value"},
			"config":      l.Blob("application/vnd.oci.empty.v1+json", []byte("{}")),
			"layers":      []v1.Descriptor{l.Blob("text/plain", []byte("hello"))},
		})
	})
	v := described(t, root)
	if v.ArtifactType != "application/vnd.example" || v.Subject != subject.Digest.String() || v.Annotations["key"] != "value" || string(v.Images[0].Config) != "{}" {
		t.Errorf("got %+v", v)
	}
}

func TestConfigThatIsNoJSONIsLeftOut(t *testing.T) {
	t.Parallel()
	root := stored(t, func(l *sourcetest.Layout) v1.Descriptor {
		return l.JSON(types.OCIManifestSchema1, v1.Manifest{
			SchemaVersion: 2, MediaType: types.OCIManifestSchema1, Config: l.Blob("application/octet-stream", []byte{0, 1}), Layers: []v1.Descriptor{},
		})
	})
	if v := described(t, root); v.Images[0].Config != nil {
		t.Errorf("got %q", v.Images[0].Config)
	}
}

func TestDamagedConfigIsAnError(t *testing.T) {
	t.Parallel()
	root := stored(t, func(l *sourcetest.Layout) v1.Descriptor { return l.Image(sourcetest.AMD64, "one") })
	root.Blobs[0].Descriptor.Digest.Hex = strings.Repeat("0", 64)
	var wrong *registry.WrongContent
	if _, err := inspect.Describe(t.Context(), root); !errors.As(err, &wrong) {
		t.Errorf("got %v", err)
	}
}

// fake is a repository by tag.
type fake map[string]string

func (f fake) Manifest(_ context.Context, ref name.Reference) (v1.Descriptor, []byte, error) {
	desc, err := f.Head(context.Background(), ref)
	return desc, []byte(f[ref.Identifier()]), err
}

func (f fake) Head(_ context.Context, ref name.Reference) (v1.Descriptor, error) {
	content, ok := f[ref.Identifier()]
	if !ok {
		return v1.Descriptor{}, &registry.Error{Status: 404}
	}
	if content == "broken" {
		return v1.Descriptor{}, &registry.Error{Status: 500}
	}
	digest, size, err := v1.SHA256(strings.NewReader(content))
	return v1.Descriptor{Digest: digest, Size: size}, err
}

func TestReferrers(t *testing.T) {
	t.Parallel()
	digest := v1.Hash{Algorithm: "sha256", Hex: strings.Repeat("a", 64)}
	base := "sha256-" + digest.Hex
	one := fmt.Sprintf(`{"manifests":[{"digest":%q,"size":7,"artifactType":"application/sbom"}]}`, digest)
	many := `{"manifests":[` + strings.TrimSuffix(strings.Repeat(`{},`, 1001), ",") + `]}`
	cases := []struct {
		name  string
		tags  fake
		want  []string // artifact types
		fails string
	}{
		{"none", fake{}, nil, ""},
		{"by the tag of the spec", fake{base: one}, []string{"application/sbom"}, ""},
		{"by cosign's tags", fake{base + ".sig": "x", base + ".sbom": "y"}, []string{"signature (cosign)", "SBOM (cosign)"}, ""},
		{"both", fake{base: one, base + ".att": "x"}, []string{"application/sbom", "attestation (cosign)"}, ""},
		{"an empty list", fake{base: `{"manifests":[]}`}, nil, ""},
		{"no list", fake{base: `{}`}, nil, ""},
		{"too many", fake{base: many}, nil, "more than 1000"},
		{"no JSON", fake{base: `hello`}, nil, "reading the referrers"},
		{"a list that is none", fake{base: `{"manifests":{}}`}, nil, "no list"},
		{"a registry that fails", fake{base + ".sig": "broken"}, nil, "500"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			repo, err := name.NewRepository("ghcr.io/acme/web")
			if err != nil {
				t.Fatal(err)
			}
			list, err := inspect.Referrers(t.Context(), c.tags, repo, digest)
			if c.fails != "" {
				if err == nil || !strings.Contains(err.Error(), c.fails) {
					t.Errorf("got %v, want %q", err, c.fails)
				}
				return
			}
			var got []string
			for _, r := range list {
				got = append(got, r.ArtifactType)
			}
			if err != nil || !slices.Equal(got, c.want) {
				t.Errorf("got %q, %v, want %q", got, err, c.want)
			}
		})
	}
}
