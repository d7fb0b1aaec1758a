package protect_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/protect"
)

// store is a registry that counts the reads of its documents.
type store struct {
	t    *testing.T
	docs map[v1.Hash][]byte
	read int
}

func newStore(t *testing.T) *store { return &store{t: t, docs: map[v1.Hash][]byte{}} }

func (s *store) put(mediaType types.MediaType, doc any) v1.Descriptor {
	s.t.Helper()
	raw, err := json.Marshal(doc)
	if err != nil {
		s.t.Fatal(err)
	}
	digest, size, err := v1.SHA256(bytes.NewReader(raw))
	if err != nil {
		s.t.Fatal(err)
	}
	s.docs[digest] = raw
	return v1.Descriptor{MediaType: mediaType, Digest: digest, Size: size}
}

func (s *store) Manifest(_ context.Context, ref name.Reference) (v1.Descriptor, []byte, error) {
	digest, err := v1.NewHash(ref.Identifier())
	if err != nil {
		return v1.Descriptor{}, nil, err
	}
	s.read++
	raw, exists := s.docs[digest]
	if !exists {
		return v1.Descriptor{}, nil, errors.New("missing")
	}
	return v1.Descriptor{Digest: digest, Size: int64(len(raw))}, raw, nil
}

func (s *store) Blob(_ context.Context, _ name.Repository, desc v1.Descriptor) (io.ReadCloser, error) {
	s.read++
	return io.NopCloser(bytes.NewReader(s.docs[desc.Digest])), nil
}

func origin(version string) map[string]string {
	return map[string]string{
		"org.opencontainers.image.source": "https://github.com/acme/web", "org.opencontainers.image.revision": "abc",
		"org.opencontainers.image.version": version,
	}
}

// labelled returns an image that states the origin only in its config.
func (s *store) labelled(version string) v1.Descriptor {
	config := s.put(types.OCIConfigJSON, map[string]any{"config": map[string]any{"Labels": origin(version)}})
	return s.put(types.OCIManifestSchema1, v1.Manifest{SchemaVersion: 2, Config: config})
}

func TestReadReturnsTheOriginOfAnImage(t *testing.T) {
	t.Parallel()
	unknown := &v1.Platform{OS: "unknown", Architecture: "unknown"}
	cases := []struct {
		name    string
		make    func(*store) v1.Descriptor
		version string
		reads   int
	}{
		{"annotations of an index", func(s *store) v1.Descriptor {
			return s.put(types.OCIImageIndex, v1.IndexManifest{Annotations: origin("1.0.0"), Manifests: []v1.Descriptor{s.labelled("9.9.9")}})
		}, "1.0.0", 1},
		{"annotations of a manifest", func(s *store) v1.Descriptor {
			return s.put(types.OCIManifestSchema1, v1.Manifest{Annotations: origin("1.1.0"), Config: s.put(types.OCIConfigJSON, map[string]any{})})
		}, "1.1.0", 1},
		{"labels of the first image after an attestation", func(s *store) v1.Descriptor {
			attestation := s.put(types.OCIManifestSchema1, v1.Manifest{Annotations: origin("9.9.9"), Config: s.put(types.OCIConfigJSON, map[string]any{})})
			attestation.Platform = unknown
			return s.put(types.OCIImageIndex, v1.IndexManifest{Manifests: []v1.Descriptor{attestation, s.labelled("1.2.0")}})
		}, "1.2.0", 3},
		{"an artifact, which has no labels", func(s *store) v1.Descriptor {
			return s.put(types.OCIManifestSchema1, v1.Manifest{Config: s.put("application/vnd.acme", map[string]any{})})
		}, "", 1},
		{"four nested indexes", func(s *store) v1.Descriptor {
			d := s.labelled("9.9.9")
			for range 4 {
				d = s.put(types.OCIImageIndex, v1.IndexManifest{Manifests: []v1.Descriptor{d}})
			}
			return d
		}, "", 3},
	}
	repo, err := name.NewRepository("ghcr.io/acme/web")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newStore(t)
			got, err := protect.Read(t.Context(), s, repo, c.make(s).Digest)
			if err != nil || got.Version != c.version || s.read != c.reads {
				t.Errorf("got %q after %d reads, %v; want %q after %d", got.Version, s.read, err, c.version, c.reads)
			}
		})
	}
}

func TestReadOfAMissingImageIsAnError(t *testing.T) {
	t.Parallel()
	repo, err := name.NewRepository("ghcr.io/acme/web")
	if err != nil {
		t.Fatal(err)
	}
	_, err = protect.Read(t.Context(), newStore(t), repo, v1.Hash{Algorithm: "sha256", Hex: strings.Repeat("0", 64)})
	if err == nil || !strings.Contains(err.Error(), "missing") {
		t.Errorf("got %v", err)
	}
}

func TestOfReturnsTheOriginOfASource(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	config := s.put(types.OCIConfigJSON, map[string]any{"config": map[string]any{"Labels": origin("1.2.3")}})
	img := &image.Manifest{
		Descriptor: v1.Descriptor{MediaType: types.OCIManifestSchema1, Digest: config.Digest}, Raw: []byte(`{}`),
		Platform: &v1.Platform{OS: "linux", Architecture: "amd64"},
		Blobs: []*image.Blob{{Descriptor: config, Open: func(ctx context.Context) (io.ReadCloser, error) {
			return s.Blob(ctx, name.Repository{}, config)
		}}},
	}
	if got, err := protect.Of(t.Context(), img); err != nil || got.Version != "1.2.3" {
		t.Errorf("labels: got %+v, %v", got, err)
	}
	img.Raw = []byte(`{"annotations":{"org.opencontainers.image.source":"https://github.com/acme/web","org.opencontainers.image.version":"2.0.0"}}`)
	if got, err := protect.Of(t.Context(), img); err != nil || got.Version != "2.0.0" {
		t.Errorf("annotations: got %+v, %v", got, err)
	}
	img.Descriptor.Digest = v1.Hash{} // makes the image pending, like a tar with uncompressed layers
	if got, err := protect.Of(t.Context(), img); err != nil || got.Version != "1.2.3" {
		t.Errorf("a pending image: got %+v, %v", got, err)
	}
}
