package pull_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/pull"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
	"github.com/ghcr-publish/ghcr-publish/internal/sink"
	"github.com/ghcr-publish/ghcr-publish/internal/source"
	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

const canary = "ghs_canary8VJ2kqTz5sXw"

// layerSize is large enough for a connection of its own.
const layerSize = 200 << 10

type login struct{}

func (login) Resolve(authn.Resource) (authn.Authenticator, error) {
	return authn.FromConfig(authn.AuthConfig{Username: "octocat", Password: canary}), nil
}

// rig is an embedded ghcr.io that holds an image, and a puller for it.
type rig struct {
	*pull.Puller
	t    *testing.T
	ghcr *ghcrtest.Server
	root *image.Manifest
	repo name.Repository

	// before, if set, sees each request first; what is at the path spoil
	// comes with another first byte.
	before func(*http.Request)
	spoil  string
	stream io.Writer // of a target that is a pipe
}

// downloads begin the paths of the host that blobs are redirected to.
const downloads = "/ghcr1/blobs/"

// spoiler changes the first byte of a body.
type spoiler struct {
	http.ResponseWriter
	done bool
}

func (s *spoiler) Write(p []byte) (int, error) {
	if !s.done && len(p) > 0 {
		s.done = true
		p = bytes.Clone(p)
		p[0] ^= 1
	}
	return s.ResponseWriter.Write(p)
}

// large is an image with two layers worth a connection each, and a small one.
func large(l *sourcetest.Layout) v1.Descriptor {
	return l.ImageOf(sourcetest.AMD64, types.OCIUncompressedLayer,
		bytes.Repeat([]byte("first\n"), layerSize/6), bytes.Repeat([]byte("second\n"), layerSize/7), []byte("small"))
}

func multi(l *sourcetest.Layout) v1.Descriptor { return l.MultiPlatform() }

func newRig(t *testing.T, make func(*sourcetest.Layout) v1.Descriptor, v ghcrtest.Visibility) *rig {
	t.Helper()
	r := &rig{t: t, ghcr: ghcrtest.New(ghcrtest.Config{Open: &ghcrtest.Open{Token: canary}, Packages: []ghcrtest.Package{{Name: "acme/web", Visibility: v, Repository: "acme/web"}}})}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if r.before != nil {
			r.before(req)
		}
		if r.spoil != "" && req.URL.Path == r.spoil {
			w = &spoiler{ResponseWriter: w}
		}
		r.ghcr.ServeHTTP(w, req)
	}))
	t.Cleanup(func() {
		_ = r.ghcr.Close()
		server.CloseClientConnections()
		server.Close()
	})
	client := registry.New(registry.Options{Keychain: login{}, Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() }})
	t.Cleanup(client.Close)
	r.Puller = &pull.Puller{Clients: []*registry.Client{client.Anonymous(), client}}
	repo, err := name.NewRepository(server.Listener.Addr().String() + "/acme/web")
	r.check(err)
	r.repo = repo
	r.hold(make)
	return r
}

func (r *rig) check(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// hold puts an image into the registry under the tag 1. Foreign layers are
// not put there.
func (r *rig) hold(make func(*sourcetest.Layout) v1.Descriptor) {
	r.t.Helper()
	l := sourcetest.NewLayout(r.t)
	l.Add(make(l), "1")
	s, err := source.Open(r.t.Context(), sourcetest.Dir(r.t, l.Files()), source.Options{})
	r.check(err)
	defer s.Close()
	r.root = s.Root
	for _, b := range image.Blobs(s.Root) {
		in, err := b.Open(r.t.Context())
		r.check(err)
		raw, err := io.ReadAll(in)
		r.check(err)
		r.check(in.Close())
		if len(b.Descriptor.URLs) == 0 {
			_, err = r.ghcr.AddBlob("acme/web", raw)
			r.check(err)
		}
	}
	for _, m := range image.Manifests(s.Root) {
		tag := ""
		if m == s.Root {
			tag = "1"
		}
		r.ghcr.AddManifest("acme/web", tag, string(m.Descriptor.MediaType), m.Raw)
	}
	r.ghcr.Reset()
}

// want is tag 1, whole.
func (r *rig) want() pull.Want { return pull.Want{Reference: r.repo.Tag("1")} }

// into pulls to a target, and returns what came of it.
func (r *rig) into(ctx context.Context, target string) (*pull.Found, pull.Result, error) {
	r.t.Helper()
	found, err := r.Resolve(ctx, r.want())
	if err != nil {
		return nil, pull.Result{}, err
	}
	t := sink.Target{}
	if target != "" {
		t, err = sink.Parse(target)
		r.check(err)
	}
	to, err := sink.Open(ctx, t, sink.Image{Root: found.Root, Reference: found.Reference, Stream: r.stream})
	r.check(err)
	defer func() { r.check(to.Close()) }()
	result, err := r.Fetch(ctx, found, to)
	return found, result, err
}

// whole reads an image back, every byte of it.
func (r *rig) whole(path string) {
	r.t.Helper()
	s, err := source.Open(r.t.Context(), path, source.Options{})
	r.check(err)
	defer s.Close()
	if s.Root.Descriptor.Digest != r.root.Descriptor.Digest {
		r.t.Errorf("got %s, want %s", s.Root.Descriptor.Digest, r.root.Descriptor.Digest)
	}
	for _, b := range image.Blobs(s.Root) {
		in, err := b.Open(r.t.Context())
		r.check(err)
		_, err = io.Copy(io.Discard, registry.Verify(in, b.Descriptor))
		r.check(err)
		r.check(in.Close())
	}
}
