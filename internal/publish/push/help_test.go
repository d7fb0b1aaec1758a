package push_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/input"
	"github.com/ghcr-publish/ghcr-publish/internal/meta"
	"github.com/ghcr-publish/ghcr-publish/internal/publish"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/plan"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/push"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/resolve"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
	"github.com/ghcr-publish/ghcr-publish/internal/source"
	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

const secret = "ghs_canary8VJ2kqTz5sXw"

// keychain returns the secret for every registry.
type keychain struct{}

func (keychain) Resolve(authn.Resource) (authn.Authenticator, error) {
	return authn.FromConfig(authn.AuthConfig{Username: "octocat", Password: secret}), nil
}

// rig publishes to an embedded ghcr.io. Each run has a new client, as in a job.
type rig struct {
	t      *testing.T
	ghcr   *ghcrtest.Server
	host   string
	before func(http.ResponseWriter, *http.Request) (done bool) // may answer instead of the server

	mu    sync.Mutex
	waits []time.Duration
}

func newRig(t *testing.T, config ghcrtest.Config) *rig {
	t.Helper()
	if config.Open == nil {
		config.Open = &ghcrtest.Open{}
	}
	config.Open.Token = secret
	r := &rig{t: t, ghcr: ghcrtest.New(config)}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if r.before == nil || !r.before(w, req) {
			r.ghcr.ServeHTTP(w, req)
		}
	}))
	t.Cleanup(func() {
		_ = r.ghcr.Close()
		server.CloseClientConnections()
		server.Close()
	})
	r.host = server.Listener.Addr().String()
	return r
}

func (r *rig) sleep(ctx context.Context, d time.Duration) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.waits = append(r.waits, d)
	return ctx.Err()
}

func (r *rig) at(path string) name.Repository {
	r.t.Helper()
	repo, err := name.NewRepository(r.host + "/" + path)
	if err != nil {
		r.t.Fatal(err)
	}
	return repo
}

// run is one run of the command publish with verify: none.
type run struct {
	*rig
	client *registry.Client
	plan   *plan.Plan
	result *push.Result
	err    error
}

// publish publishes a source to acme/web.
func (r *rig) publish(src string, tags ...string) *run {
	r.t.Helper()
	return r.publishTo(r.t.Context(), src, []string{"acme/web"}, tags...)
}

func (r *rig) publishTo(ctx context.Context, src string, targets []string, tags ...string) *run {
	r.t.Helper()
	out := r.prepare(ctx, src, targets, tags...)
	out.result, out.err = out.publisher().Run(ctx, out.plan)
	return out
}

// prepare resolves the source and the destinations, and makes the plan.
func (r *rig) prepare(ctx context.Context, src string, targets []string, tags ...string) *run {
	r.t.Helper()
	out := &run{rig: r, client: registry.New(registry.Options{Keychain: keychain{}, Sleep: r.sleep})}
	r.t.Cleanup(out.client.Close)
	named := publish.NamedSource{Name: src, Options: source.Options{Remote: out.client, SkipPlatform: true}}
	resolver := &resolve.Resolver{
		Request: resolve.Request{Tags: tags, Source: opener{named}, Timing: named.Traits().Timing},
		Prober:  &resolve.Prober{Config: &input.Common{}, Registry: out.client, Verify: input.VerifyNone, Visibility: input.Keep},
	}
	for _, path := range targets {
		repo := r.at(path)
		out.client.Expect(repo, registry.Push)
		resolver.Request.Destinations = append(resolver.Request.Destinations, repo)
	}
	if ref := named.Traits().Reference; ref != nil {
		origin := ref.Context()
		out.client.Expect(origin, registry.Pull)
		resolver.Origin = &origin
	}
	found, err := resolver.Destinations(ctx)
	if err == nil {
		err = resolver.Contents(ctx, found)
	}
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { _ = found.Source.Close() })
	out.plan = plan.New(found.Root, found.Plan(), nil)
	return out
}

// opener opens a source without changes. It implements [resolve.Source].
type opener struct{ publish.NamedSource }

func (o opener) Open(ctx context.Context) (*source.Source, error) {
	return o.NamedSource.Open(ctx, meta.Result{})
}

func (o *run) publisher() *push.Publisher {
	return &push.Publisher{Registry: o.client, Progress: silent{}, Conflicts: push.NoConflicts{}, Grace: time.Minute, Sleep: o.sleep}
}

// ok fails the test unless the run succeeded.
func (o *run) ok() *run {
	o.t.Helper()
	if o.err != nil {
		o.t.Fatal(o.err)
	}
	return o
}

// silent ignores the progress. It implements [push.Progress].
type silent struct{}

func (silent) Begin(name.Repository, *image.Blob) (func(int64), func(registry.BlobOutcome, error)) {
	return func(int64) {}, func(registry.BlobOutcome, error) {}
}

// asked lists the requests since the last call as "class", or as "class name" if the
// request names a manifest.
func (r *rig) asked() []string {
	var out []string
	for _, each := range r.ghcr.Requests() {
		line := string(each.Class)
		if strings.HasSuffix(line, " manifest") {
			line += " " + each.Path[strings.LastIndex(each.Path, "/")+1:]
		}
		out = append(out, line)
	}
	r.ghcr.Reset()
	return out
}

// expect fails the test unless the server has received exactly these numbers of
// requests.
func (r *rig) expect(want map[ghcrtest.Class]int) {
	r.t.Helper()
	got := r.ghcr.Counts()
	for class := range want {
		if want[class] == 0 {
			delete(want, class)
		}
	}
	if !equal(got, want) {
		r.t.Errorf("got  %v\nwant %v", got, want)
	}
}

func equal(a, b map[ghcrtest.Class]int) bool {
	if len(a) != len(b) {
		return false
	}
	for k, v := range a {
		if b[k] != v {
			return false
		}
	}
	return true
}

// inOrder fails the test unless each group of requests ends before the next group begins.
// A group consists of the lines that begin with the same text.
func (r *rig) inOrder(groups ...string) {
	r.t.Helper()
	lines := r.asked()
	last := -1
	for _, group := range groups {
		is := func(line string) bool { return strings.HasPrefix(line, group) }
		first := slices.IndexFunc(lines, is)
		if first <= last {
			r.t.Errorf("%q begins at request %d, which is not after %d:\n%s", group, first, last, strings.Join(lines, "\n"))
			return
		}
		for i, line := range lines {
			if is(line) {
				last = i
			}
		}
	}
}

// single writes an OCI layout of one image with one layer for each text.
func single(t *testing.T, texts ...string) (dir string, root v1.Descriptor) {
	t.Helper()
	l := sourcetest.NewLayout(t)
	root = l.Image(sourcetest.AMD64, texts...)
	l.Add(root)
	return sourcetest.Dir(t, l.Files()), root
}

// points fails the test unless the tag points at the digest.
func (r *rig) points(repo, tag string, digest v1.Hash) {
	r.t.Helper()
	if got := r.ghcr.Tag(repo, tag); got != digest.String() {
		r.t.Errorf("%s:%s points at %q, want %s", repo, tag, got, digest)
	}
}

// client returns a new client, like the client of another job.
func (r *rig) client() *registry.Client {
	c := registry.New(registry.Options{Keychain: keychain{}, Sleep: r.sleep})
	r.t.Cleanup(c.Close)
	return c
}
