package resolve_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
	"github.com/ghcr-publish/ghcr-publish/internal/github"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/input"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/resolve"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
	"github.com/ghcr-publish/ghcr-publish/internal/registry/keychain"
	"github.com/ghcr-publish/ghcr-publish/internal/secret"
	"github.com/ghcr-publish/ghcr-publish/internal/source"
	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

const token = "ghs_canary8VJ2kqTz5sXw"

// login is a keychain that sends the token to every registry.
type login struct{}

func (login) Resolve(authn.Resource) (authn.Authenticator, error) {
	return authn.FromConfig(authn.AuthConfig{Username: "octocat", Password: token}), nil
}

// fixture is an embedded ghcr.io with a client.
type fixture struct {
	*testing.T
	server *ghcrtest.Server
	repo   name.Repository
	prober *resolve.Prober
	pulls  atomic.Int32 // anonymous pulls
}

// newFixture starts an embedded ghcr.io on which the token has the given access to
// packages.
func newFixture(t *testing.T, access ghcrtest.Role, packages ...ghcrtest.Package) *fixture {
	t.Helper()
	server := ghcrtest.Start(t, ghcrtest.Config{
		Owners:       []ghcrtest.Owner{{Login: "acme"}},
		Repositories: []ghcrtest.Repository{{Name: "acme/web"}},
		Credentials: []ghcrtest.Credential{{
			Secret: token, Kind: ghcrtest.ActionsToken, Actor: "octocat", Repository: "acme/web", Packages: access,
		}},
		Packages: packages,
	})
	client := registry.New(registry.Options{Keychain: login{}})
	t.Cleanup(client.Close)
	api, err := github.New(keychain.Client(secret.New(token), http.DefaultTransport.(*http.Transport)), server.URL()+"/api/v3", server.URL(), "test")
	if err != nil {
		t.Fatal(err)
	}
	repo, err := name.NewRepository(server.Host() + "/acme/web")
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{T: t, server: server, repo: repo}
	f.prober = &resolve.Prober{
		Config:   &input.Common{Home: server.Host(), Token: secret.New(token), GitHub: input.GitHub{Active: true, Owner: "acme", Repository: "acme/web"}},
		Registry: client, GitHub: api, Visibility: input.Keep, Verify: input.VerifyDigest,
	}
	return f
}

// Pull counts the anonymous pulls. It implements [resolve.Puller].
func (f *fixture) Pull(context.Context, name.Repository, *image.Manifest) error {
	f.pulls.Add(1)
	return nil
}

func (f *fixture) resolver(s resolve.Source, timing resolve.Timing, tags ...string) *resolve.Resolver {
	return &resolve.Resolver{
		Request: resolve.Request{Destinations: []name.Repository{f.repo}, Tags: tags, Source: s, Timing: timing},
		Prober:  f.prober, Puller: f,
	}
}

// opener is a function that opens a source. It implements [resolve.Source].
type opener func(context.Context) (*source.Source, error)

func (o opener) Open(ctx context.Context) (*source.Source, error) { return o(ctx) }

// fromPath opens a file or folder, and closes it at the end of the test. Windows does
// not remove an open file.
func fromPath(t *testing.T, path string) opener {
	t.Helper()
	return func(ctx context.Context) (*source.Source, error) {
		s, err := source.Open(ctx, path, source.Options{})
		if err == nil {
			t.Cleanup(func() { _ = s.Close() })
		}
		return s, err
	}
}

// layout writes an index with images for two platforms.
func layout(t *testing.T) string {
	t.Helper()
	l := sourcetest.NewLayout(t)
	l.Add(l.MultiPlatform())
	return sourcetest.Dir(t, l.Files())
}

func TestLocalSourceIsOpenedBeforeAnyRequest(t *testing.T) {
	t.Parallel()
	f := newFixture(t, ghcrtest.Write)
	broken := errors.New("broken")
	found, err := f.resolver(opener(func(context.Context) (*source.Source, error) { return nil, broken }), resolve.OpenFirst, "1").Destinations(t.Context())
	if !errors.Is(err, broken) || found.Source != nil {
		t.Errorf("got %v, %v", found.Source, err)
	}
	if requests := f.server.Requests(); len(requests) != 0 {
		t.Errorf("requests: %v", requests)
	}
}

func TestRegistrySourceIsOpenedWhileDestinationsAreRead(t *testing.T) {
	t.Parallel()
	f := newFixture(t, ghcrtest.Write)
	asked := make(chan struct{})
	f.server.Inject(ghcrtest.Fault{Method: "HEAD", Path: "/manifests/1", Times: 1, Effect: ghcrtest.BeforeAnswer{Do: func() { close(asked) }}})
	path := layout(t)
	found, err := f.resolver(opener(func(ctx context.Context) (*source.Source, error) {
		select {
		case <-asked:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		return fromPath(t, path)(ctx)
	}), resolve.OpenConcurrently, "1").Destinations(t.Context())
	if err != nil || found.Root == nil {
		t.Errorf("got %v, %v", found.Root, err)
	}
}

func TestExpensiveSourceIsOpenedByTheCaller(t *testing.T) {
	t.Parallel()
	f := newFixture(t, ghcrtest.Read)
	r := f.resolver(fromPath(t, layout(t)), resolve.OpenLast, "1")
	found, err := r.Destinations(t.Context())
	if err != nil || found.Source != nil || found.Targets[0].PushRefusal == nil {
		t.Fatalf("source %v, refusal %v, error %v", found.Source, found.Targets[0].PushRefusal, err)
	}
	if err := r.Open(t.Context(), found); err != nil || found.Root == nil {
		t.Errorf("got %v, %v", found.Root, err)
	}
}

func TestDestinationWithTheImageNeedsNoBlob(t *testing.T) {
	t.Parallel()
	f := newFixture(t, ghcrtest.Write)
	f.add("1", []byte(`{}`), sourcetest.Gzip([]byte("one")))
	src := opener(func(ctx context.Context) (*source.Source, error) {
		return source.Open(ctx, "docker://"+f.repo.Tag("1").Name(), source.Options{Remote: f.prober.Registry})
	})
	r := f.resolver(src, resolve.OpenConcurrently, "1", "2")
	found, err := r.Destinations(t.Context())
	if err == nil {
		err = r.Contents(t.Context(), found)
	}
	if err != nil {
		t.Fatal(err)
	}
	target := found.Targets[0]
	if !target.HasRoot || target.Now["1"] != found.Root.Descriptor.Digest {
		t.Errorf("has root: %t, tags %v", target.HasRoot, target.Now)
	}
	if _, exists := target.Now["2"]; exists {
		t.Errorf("the tag 2 points at %s", target.Now["2"])
	}
	if n := f.server.Counts()[ghcrtest.ClassHeadBlob]; n != 0 {
		t.Errorf("got %d requests for blobs, want none", n)
	}
}

func TestAnonymousPullBeforeThePush(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		verify input.Verification
		dryRun bool
		timing resolve.Timing
		want   int32
	}{
		{"verify: full", input.VerifyFull, false, resolve.OpenFirst, 1},
		{"verify: digest", input.VerifyDigest, false, resolve.OpenFirst, 0},
		{"a dry run", input.VerifyFull, true, resolve.OpenFirst, 0},
		{"an image that is not open yet", input.VerifyFull, false, resolve.OpenConcurrently, 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, ghcrtest.Write)
			f.prober.Verify = c.verify
			r := f.resolver(fromPath(t, layout(t)), c.timing, "1")
			r.DryRun = c.dryRun
			if _, err := r.Destinations(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := f.pulls.Load(); got != c.want {
				t.Errorf("%d pulls, want %d", got, c.want)
			}
		})
	}
}

// add adds an image with a tag to the repository.
func (f *fixture) add(tag string, config []byte, layers ...[]byte) {
	f.Helper()
	f.server.AddPackage(ghcrtest.Package{Name: "acme/web", Repository: "acme/web", Visibility: ghcrtest.Public})
	blob := func(kind types.MediaType, raw []byte) v1.Descriptor {
		digest, err := f.server.AddBlob("acme/web", raw)
		if err != nil {
			f.Fatal(err)
		}
		hash, err := v1.NewHash(digest)
		if err != nil {
			f.Fatal(err)
		}
		return v1.Descriptor{MediaType: kind, Digest: hash, Size: int64(len(raw))}
	}
	m := v1.Manifest{SchemaVersion: 2, MediaType: types.OCIManifestSchema1, Config: blob(types.OCIConfigJSON, config)}
	for _, l := range layers {
		m.Layers = append(m.Layers, blob(types.OCILayer, l))
	}
	raw, err := json.Marshal(m)
	if err != nil {
		f.Fatal(err)
	}
	f.server.AddManifest("acme/web", tag, string(m.MediaType), raw)
}

func TestUncompressedLayerTakesTheDigestOfThePreviousImage(t *testing.T) {
	t.Parallel()
	f := newFixture(t, ghcrtest.Write)
	one := sourcetest.LayerTar(t, "one")
	f.add("edge", sourcetest.Config(t, &v1.Platform{OS: "linux", Architecture: "amd64"}, one), sourcetest.Gzip(one))
	saved := sourcetest.Tar(t, sourcetest.DockerSave(t, sourcetest.NewSaved(t, "web:1", "one", "two")))
	r := f.resolver(fromPath(t, saved), resolve.OpenFirst, "edge")
	found, err := r.Destinations(t.Context())
	if err == nil {
		err = r.Contents(t.Context(), found)
	}
	if err != nil {
		t.Fatal(err)
	}
	layers := image.Images(found.Root)[0].Blobs[1:]
	want, _, err := v1.SHA256(strings.NewReader(string(sourcetest.Gzip(one))))
	if err != nil {
		t.Fatal(err)
	}
	if layers[0].Pending() || layers[0].Descriptor.Digest != want || !found.Targets[0].HasBlobs[want] {
		t.Errorf("the first layer is %+v, want %s", layers[0].Descriptor, want)
	}
	if !layers[1].Pending() {
		t.Errorf("the second layer is %+v, although no image has this layer", layers[1].Descriptor)
	}
}

func TestProbeReportsTheRightToPushAndTheVisibility(t *testing.T) {
	t.Parallel()
	public := ghcrtest.Package{Name: "acme/web", Repository: "acme/web", Visibility: ghcrtest.Public}
	cases := []struct {
		name     string
		access   ghcrtest.Role
		packages []ghcrtest.Package
		want     input.Visibility
		refused  bool
		public   bool
		inherits string
	}{
		{name: "the token may push", access: ghcrtest.Write, packages: []ghcrtest.Package{public}, want: input.Keep},
		{name: "the token may only read", access: ghcrtest.Read, packages: []ghcrtest.Package{public}, want: input.Keep, refused: true},
		{name: "a public package that must be private", access: ghcrtest.Write, packages: []ghcrtest.Package{public}, want: input.Private, public: true},
		{name: "a new package", access: ghcrtest.Write, want: input.Private, inherits: "public"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, c.access, c.packages...)
			f.prober.Visibility = c.want
			target, err := f.prober.Probe(t.Context(), f.repo)
			if err != nil {
				t.Fatal(err)
			}
			if got := target.PushRefusal != nil; got != c.refused {
				t.Errorf("refused: %t (%v)", got, target.PushRefusal)
			}
			if target.Public != c.public || target.Inherits != c.inherits {
				t.Errorf("public: %t, inherits %q; want %t, %q", target.Public, target.Inherits, c.public, c.inherits)
			}
		})
	}
}

func TestTokenIsReadOnce(t *testing.T) {
	t.Parallel()
	f := newFixture(t, ghcrtest.Write)
	for range 3 {
		f.prober.Token(t.Context())
	}
	count := 0
	for _, r := range f.server.Requests() {
		if strings.Contains(r.Path, "/rate_limit") {
			count++
		}
	}
	if count != 1 {
		t.Errorf("the API received %d requests, want 1", count)
	}
}
