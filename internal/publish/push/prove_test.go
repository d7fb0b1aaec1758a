package push_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
	"github.com/ghcr-publish/ghcr-publish/internal/github"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/push"
	"github.com/ghcr-publish/ghcr-publish/internal/registry/retry"
)

// prove verifies the result of a run.
func (o *run) prove(checks ...push.Check) error {
	o.t.Helper()
	for len(checks) < len(o.result.Targets) {
		checks = append(checks, push.Check{})
	}
	return o.publisher().Prove(o.t.Context(), o.result, checks)
}

func TestProveReadsEveryTagAndTheDigest(t *testing.T) {
	t.Parallel()
	r := newRig(t, ghcrtest.Config{})
	dir, _ := single(t, "a", "b")
	out := r.publish(dir, "1", "2").ok()
	if out.result.Pushed() {
		t.Error("Pushed returns true before the verification")
	}
	r.ghcr.Reset()
	if err := out.prove(); err != nil || !out.result.Pushed() {
		t.Errorf("got %v, pushed %v", err, out.result.Pushed())
	}
	r.expect(map[ghcrtest.Class]int{ghcrtest.ClassHeadManifest: 3})
}

func TestProveWaitsForALaggingRegistry(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name  string
		reads int
		fails bool
	}{
		{name: "the registry lags for some reads", reads: 3},
		{name: "the registry lags without end", reads: 1000, fails: true},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, ghcrtest.Config{})
			r.ghcr.Inject(ghcrtest.Fault{Method: "PUT", Path: "/manifests/1", Effect: ghcrtest.Lag{Reads: tc.reads}})
			dir, root := single(t, "a")
			out := r.publish(dir, "1").ok()
			err := out.prove()
			if !tc.fails {
				if err != nil || !out.result.Pushed() || len(r.waits) < tc.reads {
					t.Errorf("got %v, pushed %v, waits %v", err, out.result.Pushed(), r.waits)
				}
				return
			}
			if !diag.Is(err, "not-read-back") || out.result.Pushed() || !strings.Contains(err.Error(), "does not show it") {
				t.Errorf("got %v, pushed %v of %s", err, out.result.Pushed(), root.Digest)
			}
		})
	}
}

func TestProveReportsATagThatAnotherRunMoved(t *testing.T) {
	t.Parallel()
	r := newRig(t, ghcrtest.Config{})
	dir, _ := single(t, "a")
	out := r.publish(dir, "1").ok()
	other, theirs := single(t, "b")
	r.publish(other, "1").ok()
	err := out.prove()
	if !diag.Is(err, "not-read-back") || !strings.Contains(err.Error(), "now points at "+theirs.Digest.String()) {
		t.Errorf("got %v", err)
	}
	if tag := out.result.Targets[0].Tags[0]; tag.Proven || out.result.Pushed() {
		t.Errorf("got %+v, pushed %v", tag, out.result.Pushed())
	}
}

func TestProveUsesTheDigestOfAnExistingTagFromResolve(t *testing.T) {
	t.Parallel()
	r := newRig(t, ghcrtest.Config{})
	dir, _ := single(t, "a")
	r.publish(dir, "1").ok()
	again := r.publish(dir, "1").ok()
	r.ghcr.Reset()
	if err := again.prove(); err != nil || !again.result.Pushed() {
		t.Errorf("got %v, pushed %v", err, again.result.Pushed())
	}
	r.expect(map[ghcrtest.Class]int{})
}

func TestAnonymousPull(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name       string
		visibility ghcrtest.Visibility
		inject     []ghcrtest.Fault // during the push
		then       []ghcrtest.Fault // during the verification
		record     string           // the visibility in GitHub's record
		want       push.Anonymous
	}{
		{name: "a public package", visibility: ghcrtest.Public, record: "public", want: push.Verified},
		{name: "a private package", visibility: ghcrtest.Private, record: "private", want: push.Refused},
		{name: "a public package that anonymous clients see only later", visibility: ghcrtest.Public, record: "public", want: push.Verified, inject: []ghcrtest.Fault{
			{Method: "PUT", Path: "/manifests/1", Effect: ghcrtest.Lag{Reads: 2}},
		}},
		{name: "a blob that cannot be fetched", visibility: ghcrtest.Public, record: "public", want: push.Unproven, then: []ghcrtest.Fault{
			{Method: "HEAD", Path: "/blobs/", Times: ghcrtest.Always, Effect: ghcrtest.Answer{Status: 503}},
		}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, ghcrtest.Config{Open: &ghcrtest.Open{Visibility: tc.visibility}})
			r.ghcr.Inject(tc.inject...)
			dir, _, _ := manyPlatforms(t)
			out := r.publish(dir, "1").ok()
			r.ghcr.Inject(tc.then...)
			check := push.Check{Pull: true, Package: record(tc.record)}
			if err := out.prove(check); err != nil {
				t.Fatal(err)
			}
			if got := out.result.Targets[0].Anonymous; got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

// record is GitHub's record of a package with a visibility. It implements
// [push.Package].
type record string

func (r record) Ensure(context.Context, retry.Budget) github.EnsureResult {
	return github.EnsureResult{Package: github.Package{Visibility: string(r)}}
}

func TestAnonymousPullSendsNoCredentials(t *testing.T) {
	t.Parallel()
	r := newRig(t, ghcrtest.Config{})
	dir, _ := single(t, "a", "b")
	out := r.publish(dir, "1").ok()
	r.before = func(_ http.ResponseWriter, req *http.Request) bool {
		if user, _, ok := req.BasicAuth(); ok {
			t.Errorf("%s %s contains the login of %q", req.Method, req.URL.Path, user)
		}
		return false
	}
	if _, err := push.Pull(t.Context(), out.client.Anonymous(), r.at("acme/web"), out.result.Root.Descriptor.Digest, true); err != nil {
		t.Error(err)
	}
}

func TestCancelEndsProve(t *testing.T) {
	t.Parallel()
	r := newRig(t, ghcrtest.Config{Open: &ghcrtest.Open{Visibility: ghcrtest.Private}})
	dir, _ := single(t, "a")
	out := r.publish(dir, "1").ok()
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errCancelled)
	err := out.publisher().Prove(ctx, out.result, []push.Check{{Pull: true, Package: record("public")}})
	if !errors.Is(err, errCancelled) {
		t.Errorf("got %v", err)
	}
}

func TestProveChecksEachTarget(t *testing.T) {
	t.Parallel()
	r := newRig(t, ghcrtest.Config{})
	dir, _ := single(t, "a", "b")
	out := r.publishTo(t.Context(), dir, []string{"acme/web", "acme/mirror"}, "1", "2").ok()
	if err := out.prove(); err != nil || !out.result.Pushed() {
		t.Errorf("got %v, pushed %v", err, out.result.Pushed())
	}
	for _, target := range out.result.Targets {
		if !target.Proven || !target.Complete || len(target.Tags) != 2 {
			t.Errorf("got %+v", target)
		}
	}
}

func TestRefusalOfOneTargetKeepsTheOther(t *testing.T) {
	t.Parallel()
	r := newRig(t, ghcrtest.Config{})
	r.ghcr.Inject(ghcrtest.Fault{Method: "PUT", Path: "/acme/mirror/manifests/", Times: ghcrtest.Always, Effect: ghcrtest.Answer{Status: 403, Code: "DENIED", Message: "denied"}})
	dir, _ := single(t, "a")
	out := r.publishTo(t.Context(), dir, []string{"acme/web", "acme/mirror"}, "1")
	if out.err == nil || !strings.Contains(out.err.Error(), "acme/mirror") {
		t.Fatalf("got %v", out.err)
	}
	for _, target := range out.result.Targets {
		if target.Tags[0].State != push.Untouched {
			t.Errorf("%s is %s, but no tag may move before every target is complete", target.Tags[0].Tag, target.Tags[0].State)
		}
	}
}
