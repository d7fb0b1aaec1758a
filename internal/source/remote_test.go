package source_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"sync"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/source"
	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

// registry is a Remote that serves the files of a layout. The tag "v1" is the
// root.
type registry struct {
	root  v1.Descriptor
	blobs map[string][]byte

	mu        sync.Mutex
	manifests []string // the requested references
	asked     []string
}

func newRegistry(l *sourcetest.Layout, root v1.Descriptor) *registry {
	r := &registry{root: root, blobs: map[string][]byte{}}
	for _, f := range l.Files() {
		r.blobs[f.Name] = f.Body
	}
	return r
}

var errGone = errors.New("404 from the registry")

func (r *registry) Manifest(_ context.Context, ref name.Reference) (v1.Descriptor, []byte, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.manifests = append(r.manifests, ref.Identifier())
	desc := r.root
	if d, ok := ref.(name.Digest); ok {
		h, err := v1.NewHash(d.DigestStr())
		if err != nil {
			return desc, nil, err
		}
		desc = v1.Descriptor{Digest: h, MediaType: types.OCIManifestSchema1}
	}
	raw, ok := r.blobs[sourcetest.BlobName(desc.Digest)]
	if !ok {
		return desc, nil, errGone
	}
	desc.Size = int64(len(raw))
	return desc, raw, nil
}

func (r *registry) Blob(_ context.Context, _ name.Repository, d v1.Descriptor) (io.ReadCloser, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked = append(r.asked, d.Digest.String())
	return io.NopCloser(bytes.NewReader(r.blobs[sourcetest.BlobName(d.Digest)])), nil
}

func TestTheCompleteTreeOfAReferenceIsRead(t *testing.T) {
	t.Parallel()
	l := sourcetest.NewLayout(t)
	root := l.MultiPlatform()
	remote := newRegistry(l, root)
	s, err := source.Open(t.Context(), "docker://ghcr.io/acme/web:v1", source.Options{Remote: remote})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if s.Root.Descriptor.Digest != root.Digest || s.Kind != source.Registry || len(s.Root.Children) != 4 {
		t.Errorf("got %s of kind %q with %d children", s.Root.Descriptor.Digest, s.Kind, len(s.Root.Children))
	}
	if len(remote.manifests) != 5 || remote.manifests[0] != "v1" || len(remote.asked) != 0 {
		t.Errorf("requested the manifests %q and the blobs %q", remote.manifests, remote.asked)
	}
	for _, b := range image.Blobs(s.Root) {
		if len(b.MountFrom) != 1 || b.MountFrom[0].Name() != "ghcr.io/acme/web" {
			t.Errorf("blob %s is mounted from %v", b.Descriptor.Digest, b.MountFrom)
		}
	}
	finish(t, s.Root)
}

func TestASingleImageTakesItsPlatformFromItsConfig(t *testing.T) {
	t.Parallel()
	l := sourcetest.NewLayout(t)
	root := l.Image(sourcetest.ARM64, "one")
	s, err := source.Open(t.Context(), "docker://ghcr.io/acme/web@"+root.Digest.String(), source.Options{Remote: newRegistry(l, root)})
	if err != nil {
		t.Fatal(err)
	}
	if got := s.Root.Platform.String(); got != "linux/arm64/v8" {
		t.Errorf("platform %q", got)
	}
}

func TestWrongBytesFromTheRegistryAreRefused(t *testing.T) {
	t.Parallel()
	l := sourcetest.NewLayout(t)
	root, other := l.MultiPlatform(), l.Image(sourcetest.AMD64, "other")
	cases := []struct {
		name string
		bend func(*registry)
		text string
	}{
		{"root", func(r *registry) { r.blobs[sourcetest.BlobName(root.Digest)] = []byte("{}") }, "docker://ghcr.io/acme/web:v1"},
		{"pinned root", func(r *registry) {
			r.blobs[sourcetest.BlobName(other.Digest)] = r.blobs[sourcetest.BlobName(root.Digest)]
		}, "docker://ghcr.io/acme/web@" + other.Digest.String()},
		{"child", func(r *registry) {
			for n := range r.blobs {
				if n != sourcetest.BlobName(root.Digest) {
					r.blobs[n] = []byte("{}")
				}
			}
		}, "docker://ghcr.io/acme/web:v1"},
	}
	for _, c := range cases {
		remote := newRegistry(l, root)
		c.bend(remote)
		if _, err := source.Open(t.Context(), c.text, source.Options{Remote: remote}); !diag.Is(err, source.CodeBlobMismatch) {
			t.Errorf("%s: got %v", c.name, err)
		}
	}
}

func TestErrorsOfTheRegistryAreReturned(t *testing.T) {
	t.Parallel()
	l := sourcetest.NewLayout(t)
	remote := newRegistry(l, v1.Descriptor{Digest: hash(1)})
	if _, err := source.Open(t.Context(), "docker://ghcr.io/acme/web:v1", source.Options{Remote: remote}); !errors.Is(err, errGone) {
		t.Errorf("got %v", err)
	}
}
