package registry_test

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
)

// scopes returns the scopes of each token request.
func (r *fixture) scopes() (out []string) {
	for _, each := range r.ghcr.Requests() {
		if each.Class == ghcrtest.ClassToken {
			out = append(out, strings.Join(each.Scopes, " "))
		}
	}
	return out
}

func TestOneTokenCoversAllExpectedRepositories(t *testing.T) {
	t.Parallel()
	r := newFixture(t, openWorld())
	r.client.Expect(r.at("acme/web"), registry.Push)
	r.client.Expect(r.at("acme/mirror"), registry.Push)
	r.client.Expect(r.at("acme/base"), registry.Pull)
	r.upload("acme/web", knownBlob(fixed))
	r.upload("acme/mirror", knownBlob(fixed))
	if _, err := r.client.HasBlob(t.Context(), r.at("acme/base"), hashOf(fixed)); err != nil {
		t.Fatal(err)
	}
	want := []string{"repository:acme/base:pull repository:acme/mirror:pull,push repository:acme/web:pull,push"}
	if got := r.scopes(); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func (r *fixture) upload(path string, b *image.Blob) {
	r.t.Helper()
	if _, _, err := r.client.Upload(r.t.Context(), r.at(path), b, nil); err != nil {
		r.t.Fatal(err)
	}
}

func TestUnexpectedRepositoryGetsASeparateToken(t *testing.T) {
	t.Parallel()
	r := newFixture(t, openWorld())
	r.upload("acme/web", knownBlob(fixed))
	r.upload("acme/other", knownBlob(fixed))
	if got := r.scopes(); len(got) != 2 || !strings.Contains(got[1], "acme/other:pull,push") {
		t.Errorf("got %q", got)
	}
}

func TestReadTokenIsReplacedForAPush(t *testing.T) {
	t.Parallel()
	r := newFixture(t, openWorld())
	if _, err := r.client.HasBlob(t.Context(), r.repo, hashOf(fixed)); err != nil {
		t.Fatal(err)
	}
	r.upload("acme/web", knownBlob(fixed))
	want := []string{"repository:acme/web:pull", "repository:acme/web:pull,push"}
	if got := r.scopes(); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// The registry of this test refuses a shared token if the user may not read one of
// the repositories.
func TestRefusedSharedScopeIsRetriedWithASingleScope(t *testing.T) {
	t.Parallel()
	config := openWorld()
	config.Answers.AllOrNothing = true
	r := newFixture(t, config)
	r.client.Expect(r.repo, registry.Push)
	r.client.Expect(r.at("acme/hidden"), registry.Pull)
	r.upload("acme/web", knownBlob(fixed))
	r.upload("acme/web", knownBlob(streamed))
	got := r.scopes()
	if len(got) < 2 || got[len(got)-1] != "repository:acme/web:pull,push" {
		t.Errorf("got %q", got)
	}
	if n := r.counts()[ghcrtest.ClassToken]; n != 2 {
		t.Errorf("%d token requests, want 2", n)
	}
}

func TestPlaceholderScopeOfTheChallengeIsNotRequested(t *testing.T) {
	t.Parallel()
	r := newFixture(t, openWorld())
	r.ghcr.Inject(ghcrtest.Fault{Path: "/token", Effect: ghcrtest.Answer{Status: 404}}) // the client then reads the challenge
	if _, err := r.client.HasBlob(t.Context(), r.repo, hashOf(fixed)); err == nil {
		t.Log("the second token request succeeded")
	}
	if r.counts()[ghcrtest.ClassPing] != 1 {
		t.Errorf("got %v, want one request for the challenge", r.counts())
	}
	for _, scope := range r.scopes() {
		if scope != "repository:acme/web:pull" {
			t.Errorf("requested the scope %q", scope)
		}
	}
}

func TestConcurrentCallersRequestOneToken(t *testing.T) {
	t.Parallel()
	r := newFixture(t, openWorld())
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			if _, err := r.client.HasBlob(t.Context(), r.repo, hashOf(fixed)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got := r.counts(); got[ghcrtest.ClassToken] != 1 || got[ghcrtest.ClassHeadBlob] != 50 {
		t.Errorf("got %v, want one token request", got)
	}
}

func TestAnonymousClientSendsNoCredentials(t *testing.T) {
	t.Parallel()
	r := newFixture(t, openWorld())
	r.upload("acme/web", knownBlob(fixed))
	if err := r.client.PutManifest(t.Context(), r.repo.Tag("1"), artifact(fixed)); err != nil {
		t.Fatal(err)
	}
	r.before = func(_ http.ResponseWriter, req *http.Request) bool {
		if _, _, ok := req.BasicAuth(); ok {
			t.Errorf("%s %s contains credentials", req.Method, req.URL.Path)
		}
		return false
	}
	if _, err := r.client.Anonymous().Head(t.Context(), r.repo.Tag("1")); err != nil {
		t.Error(err)
	}
}

func TestRawBearerNeedsNoTokenRequest(t *testing.T) {
	t.Parallel()
	raw := func(o *registry.Options) { o.RawBearer = true }
	cases := []struct {
		name    string
		direct  bool
		refusal ghcrtest.Effect
		tokens  int
	}{
		{name: "accepted", direct: true},
		{name: "refused with 403 and no challenge", tokens: 1},
		{name: "refused with 401", direct: true, refusal: ghcrtest.Answer{Status: 401, Code: "UNAUTHORIZED", Challenge: true}, tokens: 1},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			config := openWorld()
			config.Answers.DirectBearer = tc.direct
			r := newFixture(t, config, raw)
			if tc.refusal != nil {
				r.ghcr.Inject(ghcrtest.Fault{Method: "POST", Effect: tc.refusal})
			}
			r.upload("acme/web", knownBlob(fixed))
			r.upload("acme/web", knownBlob(streamed))
			if got := r.counts(); got[ghcrtest.ClassToken] != tc.tokens || got[ghcrtest.ClassPing] != 0 {
				t.Errorf("got %v, want %d token requests", got, tc.tokens)
			}
		})
	}
}

func TestProbePushOpensOneSession(t *testing.T) {
	t.Parallel()
	r := newFixture(t, openWorld())
	if err := r.client.ProbePush(t.Context(), r.repo); err != nil {
		t.Error(err)
	}
	if got := r.total(); got != 2 || r.counts()[ghcrtest.ClassPostUpload] != 1 {
		t.Errorf("got %v", r.counts())
	}
	if _, ok := r.ghcr.Package("acme/web"); ok {
		t.Error("the probe created a package")
	}
}
