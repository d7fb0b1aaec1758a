package push_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/push"
)

// contested publishes to acme/web:1, and lets another run write the tag after
// each of this one's writes, often times.
func contested(t *testing.T, often int, verdict push.Verdict) (*rig, *run, v1.Hash, error) {
	t.Helper()
	r := newRig(t, ghcrtest.Config{})
	theirs, theirRoot := single(t, "theirs")
	r.publish(theirs, "other").ok()
	other, _ := r.ghcr.Manifest("acme/web", "other")
	dir, root := single(t, "ours")
	out := r.prepare(t.Context(), dir, []string{"acme/web"}, "1")
	r.ghcr.Inject(ghcrtest.Fault{Method: "PUT", Path: "/manifests/1", Times: often, Effect: ghcrtest.BeforeAnswer{Do: func() {
		r.ghcr.AddManifest("acme/web", "1", other.MediaType, other.Raw)
	}}})
	p := out.publisher()
	p.Contest = func(_ context.Context, _ name.Tag, shown v1.Hash) push.Verdict {
		if shown != theirRoot.Digest {
			t.Errorf("asked about %s, want %s", shown, theirRoot.Digest)
		}
		return verdict
	}
	out.result, out.err = p.Run(t.Context(), out.plan)
	out.ok()
	return r, out, root.Digest, p.Prove(t.Context(), out.result, make([]push.Check, 1))
}

func TestContestedTag(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name    string
		often   int
		verdict push.Verdict
		code    string // of the error; "" for none
		ours    bool   // who has the tag in the end
		state   push.TagState
	}{
		{"ours is newer", 1, push.Insist, "", true, push.Moved},
		{"ours is newer, and the other stubborn", 3, push.Insist, "", true, push.Moved},
		{"the other never ends", ghcrtest.Always, push.Insist, "not-read-back", false, push.Moved},
		{"theirs is newer", 1, push.Yield, "", false, push.Held},
		{"nobody can tell", 1, push.Dispute, "not-read-back", false, push.Moved},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r, out, digest, err := contested(t, c.often, c.verdict)
			if (c.code == "") != (err == nil) || (err != nil && !diag.Is(err, c.code)) {
				t.Errorf("got %v, want the code %q", err, c.code)
			}
			if ours := r.ghcr.Tag("acme/web", "1") == digest.String(); ours != c.ours {
				t.Errorf("the tag is ours: %t, want %t", ours, c.ours)
			}
			tag := out.result.Targets[0].Tags[0]
			if tag.State != c.state || tag.Proven != (c.ours && err == nil) {
				t.Errorf("state %s, proven %t; want %s", tag.State, tag.Proven, c.state)
			}
		})
	}
}

// A run whose only tag turns out to be held still leaves its image there.
func TestHeldAtTheLastLook(t *testing.T) {
	t.Parallel()
	r := newRig(t, ghcrtest.Config{})
	dir, root := single(t, "ours")
	out := r.prepare(t.Context(), dir, []string{"acme/web"}, "1")
	p := out.publisher()
	p.Last = func(context.Context) (map[string]string, error) {
		return map[string]string{r.at("acme/web").Tag("1").String(): "something newer is there"}, nil
	}
	result, err := p.Run(t.Context(), out.plan)
	if err == nil {
		err = p.Prove(t.Context(), result, make([]push.Check, 1))
	}
	if err != nil || !result.Pushed() || result.Targets[0].Tags[0].State != push.Held {
		t.Errorf("error %v, pushed %t, state %s", err, result.Pushed(), result.Targets[0].Tags[0].State)
	}
	if _, there := r.ghcr.Manifest("acme/web", root.Digest.String()); !there || r.ghcr.Tag("acme/web", "1") != "" {
		t.Errorf("by digest: %t, tag %q", there, r.ghcr.Tag("acme/web", "1"))
	}
}

func TestLastLookIsForRunsThatSentBlobs(t *testing.T) {
	t.Parallel()
	r := newRig(t, ghcrtest.Config{})
	dir, _ := single(t, "ours")
	refuse := errors.New("asked")
	for _, want := range []error{refuse, nil} {
		out := r.prepare(t.Context(), dir, []string{"acme/web"}, "1")
		p := out.publisher()
		p.Last = func(context.Context) (map[string]string, error) { return nil, refuse }
		if _, err := p.Run(t.Context(), out.plan); !errors.Is(err, want) {
			t.Errorf("got %v, want %v", err, want)
		}
		r.publish(dir, "1").ok()
	}
}
