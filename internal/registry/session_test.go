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

// scopes are those of each request for a token.
func (r *rig) scopes() (out []string) {
	for _, each := range r.ghcr.Requests() {
		if each.Class == ghcrtest.ClassToken {
			out = append(out, strings.Join(each.Scopes, " "))
		}
	}
	return out
}

func TestOneTokenForAllThatIsExpected(t *testing.T) {
	t.Parallel()
	r := newRig(t, open())
	r.client.Expect(r.at("acme/web"), registry.Push)
	r.client.Expect(r.at("acme/mirror"), registry.Push)
	r.client.Expect(r.at("acme/base"), registry.Pull)
	r.upload("acme/web", known(fixed))
	r.upload("acme/mirror", known(fixed))
	if _, err := r.client.HasBlob(t.Context(), r.at("acme/base"), hashOf(fixed)); err != nil {
		t.Fatal(err)
	}
	want := []string{"repository:acme/base:pull repository:acme/mirror:pull,push repository:acme/web:pull,push"}
	if got := r.scopes(); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func (r *rig) upload(path string, b *image.Blob) {
	r.t.Helper()
	if _, _, err := r.client.Upload(r.t.Context(), r.at(path), b, nil); err != nil {
		r.t.Fatal(err)
	}
}

func TestUnexpectedRepositoryGetsATokenOfItsOwn(t *testing.T) {
	t.Parallel()
	r := newRig(t, open())
	r.upload("acme/web", known(fixed))
	r.upload("acme/other", known(fixed))
	if got := r.scopes(); len(got) != 2 || !strings.Contains(got[1], "acme/other:pull,push") {
		t.Errorf("got %q", got)
	}
}

func TestReadTokenIsReplacedForAPush(t *testing.T) {
	t.Parallel()
	r := newRig(t, open())
	if _, err := r.client.HasBlob(t.Context(), r.repo, hashOf(fixed)); err != nil {
		t.Fatal(err)
	}
	r.upload("acme/web", known(fixed))
	want := []string{"repository:acme/web:pull", "repository:acme/web:pull,push"}
	if got := r.scopes(); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// One scope that may not be read makes this registry refuse the whole token.
func TestRefusedBundleIsAskedForAlone(t *testing.T) {
	t.Parallel()
	config := open()
	config.Answers.AllOrNothing = true
	r := newRig(t, config)
	r.client.Expect(r.repo, registry.Push)
	r.client.Expect(r.at("acme/hidden"), registry.Pull)
	r.upload("acme/web", known(fixed))
	r.upload("acme/web", known(streamed))
	got := r.scopes()
	if len(got) < 2 || got[len(got)-1] != "repository:acme/web:pull,push" {
		t.Errorf("got %q", got)
	}
	if n := r.counts()[ghcrtest.ClassToken]; n != 2 {
		t.Errorf("asked %d times, want twice", n)
	}
}

func TestPlaceholderOfTheChallengeIsNeverAskedFor(t *testing.T) {
	t.Parallel()
	r := newRig(t, open())
	r.ghcr.Inject(ghcrtest.Fault{Path: "/token", Effect: ghcrtest.Answer{Status: 404}}) // so that the challenge is read
	if _, err := r.client.HasBlob(t.Context(), r.repo, hashOf(fixed)); err == nil {
		t.Log("the second request for a token was answered")
	}
	if r.counts()[ghcrtest.ClassPing] != 1 {
		t.Errorf("got %v, want the challenge read", r.counts())
	}
	for _, scope := range r.scopes() {
		if scope != "repository:acme/web:pull" {
			t.Errorf("asked for %q", scope)
		}
	}
}

func TestConcurrentCallersAskOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t, open())
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
		t.Errorf("got %v, want one token", got)
	}
}

func TestAnonymousClientIsAStranger(t *testing.T) {
	t.Parallel()
	r := newRig(t, open())
	r.upload("acme/web", known(fixed))
	if err := r.client.PutManifest(t.Context(), r.repo.Tag("1"), artifact(fixed)); err != nil {
		t.Fatal(err)
	}
	r.before = func(_ http.ResponseWriter, req *http.Request) bool {
		if _, _, ok := req.BasicAuth(); ok {
			t.Errorf("%s %s carries a login", req.Method, req.URL.Path)
		}
		return false
	}
	if _, err := r.client.Anonymous().Head(t.Context(), r.repo.Tag("1")); err != nil {
		t.Error(err)
	}
}

func TestRawBearerSavesTheToken(t *testing.T) {
	t.Parallel()
	raw := func(o *registry.Options) { o.RawBearer = true }
	cases := []struct {
		name    string
		direct  bool
		refusal ghcrtest.Effect
		tokens  int
	}{
		{name: "taken", direct: true},
		{name: "refused with 403 and no challenge", tokens: 1},
		{name: "refused with 401", direct: true, refusal: ghcrtest.Answer{Status: 401, Code: "UNAUTHORIZED", Challenge: true}, tokens: 1},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			config := open()
			config.Answers.DirectBearer = tc.direct
			r := newRig(t, config, raw)
			if tc.refusal != nil {
				r.ghcr.Inject(ghcrtest.Fault{Method: "POST", Effect: tc.refusal})
			}
			r.upload("acme/web", known(fixed))
			r.upload("acme/web", known(streamed))
			if got := r.counts(); got[ghcrtest.ClassToken] != tc.tokens || got[ghcrtest.ClassPing] != 0 {
				t.Errorf("got %v, want %d tokens", got, tc.tokens)
			}
		})
	}
}

func TestProbePushOpensOneSession(t *testing.T) {
	t.Parallel()
	r := newRig(t, open())
	if err := r.client.ProbePush(t.Context(), r.repo); err != nil {
		t.Error(err)
	}
	if got := r.total(); got != 2 || r.counts()[ghcrtest.ClassPostUpload] != 1 {
		t.Errorf("got %v", r.counts())
	}
	if _, ok := r.ghcr.Package("acme/web"); ok {
		t.Error("it made a package")
	}
}
