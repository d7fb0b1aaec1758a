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

// layerSize is the size of a layer that gets its own connection.
const layerSize = 200 << 10

type login struct{}

func (login) Resolve(authn.Resource) (authn.Authenticator, error) {
	return authn.FromConfig(authn.AuthConfig{Username: "octocat", Password: canary}), nil
}

// fixture is an embedded registry with an image, and a puller for the image.
type fixture struct {
	*pull.Puller
	t    *testing.T
	ghcr *ghcrtest.Server
	root *image.Manifest
	repo name.Repository

	before  func(*http.Request) // receives each request before the registry does; can be nil
	corrupt string              // path of the request whose response body gets a wrong first byte
	stream  io.Writer           // receives the archive if the target is a pipe
}

// downloads is the prefix of the paths to which the registry redirects
// downloads of blobs.
const downloads = "/ghcr1/blobs/"

// corrupter changes the first byte of the body of a response.
type corrupter struct {
	http.ResponseWriter
	done bool
}

func (s *corrupter) Write(p []byte) (int, error) {
	if !s.done && len(p) > 0 {
		s.done = true
		p = bytes.Clone(p)
		p[0] ^= 1
	}
	return s.ResponseWriter.Write(p)
}

// large returns an image with two large layers and a small layer.
func large(l *sourcetest.Layout) v1.Descriptor {
	return l.ImageOf(sourcetest.AMD64, types.OCIUncompressedLayer,
		bytes.Repeat([]byte("first\n"), layerSize/6), bytes.Repeat([]byte("second\n"), layerSize/7), []byte("small"))
}

func multi(l *sourcetest.Layout) v1.Descriptor { return l.MultiPlatform() }

func newFixture(t *testing.T, make func(*sourcetest.Layout) v1.Descriptor, v ghcrtest.Visibility) *fixture {
	t.Helper()
	r := &fixture{t: t, ghcr: ghcrtest.New(ghcrtest.Config{Open: &ghcrtest.Open{Token: canary}, Packages: []ghcrtest.Package{{Name: "acme/web", Visibility: v, Repository: "acme/web"}}})}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if r.before != nil {
			r.before(req)
		}
		if r.corrupt != "" && req.URL.Path == r.corrupt {
			w = &corrupter{ResponseWriter: w}
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
	r.addImage(make)
	return r
}

func (r *fixture) check(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// addImage adds an image with the tag 1 to the registry, without its foreign
// layers.
func (r *fixture) addImage(make func(*sourcetest.Layout) v1.Descriptor) {
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

// query selects the complete index or image with the tag 1.
func (r *fixture) query() pull.Query { return pull.Query{Reference: r.repo.Tag("1")} }

// pullInto pulls the image into a target. If the target is "", pullInto writes
// nothing.
func (r *fixture) pullInto(ctx context.Context, target string) (*pull.Found, pull.Result, error) {
	r.t.Helper()
	found, err := r.Resolve(ctx, r.query())
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

// checkComplete reads all bytes of the image at path, and checks the digests.
func (r *fixture) checkComplete(path string) {
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
