package push_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/plan"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/push"
)

// conflicts returns fixed values. It implements [push.Conflicts].
type conflicts struct {
	recheck    func() (push.Recheck, error)
	resolution push.Resolution
	observe    func(shown v1.Hash)
}

func (c conflicts) Recheck(context.Context) (push.Recheck, error) { return c.recheck() }

func (c conflicts) Resolve(_ context.Context, _ name.Tag, shown v1.Hash) push.Resolution {
	c.observe(shown)
	return c.resolution
}

func nothingKept() (push.Recheck, error) { return push.Recheck{}, nil }

// withConflict publishes to acme/web:1. Another run writes the tag after each write
// of this run, up to the given number of times.
func withConflict(t *testing.T, times int, resolution push.Resolution) (*rig, *run, v1.Hash, error) {
	t.Helper()
	r := newRig(t, ghcrtest.Config{})
	theirs, theirRoot := single(t, "theirs")
	r.publish(theirs, "other").ok()
	other, _ := r.ghcr.Manifest("acme/web", "other")
	dir, root := single(t, "ours")
	out := r.prepare(t.Context(), dir, []string{"acme/web"}, "1")
	r.ghcr.Inject(ghcrtest.Fault{Method: "PUT", Path: "/manifests/1", Times: times, Effect: ghcrtest.BeforeAnswer{Do: func() {
		r.ghcr.AddManifest("acme/web", "1", other.MediaType, other.Raw)
	}}})
	p := out.publisher()
	p.Conflicts = conflicts{recheck: nothingKept, resolution: resolution, observe: func(shown v1.Hash) {
		if shown != theirRoot.Digest {
			t.Errorf("the conflict is about %s, want %s", shown, theirRoot.Digest)
		}
	}}
	out.result, out.err = p.Run(t.Context(), out.plan)
	out.ok()
	return r, out, root.Digest, p.Prove(t.Context(), out.result, make([]push.Check, 1))
}

func TestTagThatTwoRunsWriteConcurrently(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name       string
		times      int
		resolution push.Resolution
		code       string // of the error, or "" for success
		ours       bool   // the tag points at the image of this run at the end
		state      push.TagState
	}{
		{"the image of this run is newer", 1, push.RewriteOurs, "", true, push.Moved},
		{"the image of this run is newer, and the other run writes three times", 3, push.RewriteOurs, "", true, push.Moved},
		{"the other run writes without end", ghcrtest.Always, push.RewriteOurs, "not-read-back", false, push.Moved},
		{"the image of the other run is newer", 1, push.KeepTheirs, "", false, push.Kept},
		{"the order is unknown", 1, push.Unknown, "not-read-back", false, push.Moved},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r, out, digest, err := withConflict(t, c.times, c.resolution)
			if (c.code == "") != (err == nil) || (err != nil && !diag.Is(err, c.code)) {
				t.Errorf("got %v, want the code %q", err, c.code)
			}
			if ours := r.ghcr.Tag("acme/web", "1") == digest.String(); ours != c.ours {
				t.Errorf("the tag points at the image of this run: %t, want %t", ours, c.ours)
			}
			tag := out.result.Targets[0].Tags[0]
			if tag.State != c.state || tag.Proven != (c.ours && err == nil) {
				t.Errorf("state %s, proven %t; want %s", tag.State, tag.Proven, c.state)
			}
		})
	}
}

// A run whose only tag is kept still pushes its image by digest.
func TestTagKeptByTheRecheck(t *testing.T) {
	t.Parallel()
	r := newRig(t, ghcrtest.Config{})
	dir, root := single(t, "ours")
	out := r.prepare(t.Context(), dir, []string{"acme/web"}, "1")
	p := out.publisher()
	p.Conflicts = conflicts{recheck: func() (push.Recheck, error) {
		return push.Recheck{Kept: plan.Kept{r.at("acme/web").Tag("1").String(): "it points at a newer image"}}, nil
	}}
	result, err := p.Run(t.Context(), out.plan)
	if err == nil {
		err = p.Prove(t.Context(), result, make([]push.Check, 1))
	}
	if err != nil || !result.Pushed() || result.Targets[0].Tags[0].State != push.Kept {
		t.Errorf("error %v, pushed %t, state %s", err, result.Pushed(), result.Targets[0].Tags[0].State)
	}
	if _, exists := r.ghcr.Manifest("acme/web", root.Digest.String()); !exists || r.ghcr.Tag("acme/web", "1") != "" {
		t.Errorf("image exists: %t, tag %q", exists, r.ghcr.Tag("acme/web", "1"))
	}
}

func TestRecheckFollowsUploadsOnly(t *testing.T) {
	t.Parallel()
	r := newRig(t, ghcrtest.Config{})
	dir, _ := single(t, "ours")
	refuse := errors.New("the recheck was called")
	for _, want := range []error{refuse, nil} {
		out := r.prepare(t.Context(), dir, []string{"acme/web"}, "1")
		p := out.publisher()
		p.Conflicts = conflicts{recheck: func() (push.Recheck, error) { return push.Recheck{}, refuse }}
		if _, err := p.Run(t.Context(), out.plan); !errors.Is(err, want) {
			t.Errorf("got %v, want %v", err, want)
		}
		r.publish(dir, "1").ok()
	}
}
