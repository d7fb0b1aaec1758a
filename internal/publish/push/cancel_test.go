package push_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/push"
)

var errCancelled = errors.New("the run was cancelled")

func TestCancelDuringBlobsWritesNoManifest(t *testing.T) {
	t.Parallel()
	r := newRig(t, ghcrtest.Config{})
	ctx, cancel := context.WithCancelCause(t.Context())
	r.before = func(_ http.ResponseWriter, req *http.Request) bool {
		if req.Method == http.MethodPut && strings.Contains(req.URL.Path, "/blobs/") {
			cancel(errCancelled)
		}
		return false
	}
	dir, _ := single(t, "a", "b", "c")
	out := r.publishTo(ctx, dir, []string{"acme/web"}, "1", "2")
	if !errors.Is(out.err, errCancelled) {
		t.Errorf("got %v", out.err)
	}
	if got := r.ghcr.Counts()[ghcrtest.ClassPutManifest]; got != 0 {
		t.Errorf("wrote %d manifests, want none", got)
	}
	for _, tag := range out.result.Targets[0].Tags {
		if tag.State != push.Untouched {
			t.Errorf("tag %s is %s", tag.Tag, tag.State)
		}
	}
	if out.result.Targets[0].Complete {
		t.Error("the target is complete")
	}
}

func TestCancelBeforeTheTagsMovesNoTag(t *testing.T) {
	t.Parallel()
	r := newRig(t, ghcrtest.Config{})
	ctx, cancel := context.WithCancelCause(t.Context())
	r.before = func(w http.ResponseWriter, req *http.Request) bool {
		if req.Method != http.MethodPut || !strings.Contains(req.URL.Path, "/manifests/sha256:") {
			return false
		}
		r.ghcr.ServeHTTP(w, req)
		cancel(errCancelled)
		return true
	}
	dir, _ := single(t, "a")
	out := r.publishTo(ctx, dir, []string{"acme/web"}, "1", "2")
	if !errors.Is(out.err, errCancelled) {
		t.Errorf("got %v", out.err)
	}
	if tags := r.ghcr.Tags("acme/web"); len(tags) != 0 {
		t.Errorf("tagged %v", tags)
	}
}

// After a cancel between two tags, the result states for each tag whether it was moved.
func TestCancelBetweenTagsReportsTheStateOfEachTag(t *testing.T) {
	t.Parallel()
	r := newRig(t, ghcrtest.Config{})
	var tags []string
	for i := range 40 {
		tags = append(tags, fmt.Sprint("t", i))
	}
	old, oldRoot := single(t, "old")
	r.publish(old, tags...).ok()
	ctx, cancel := context.WithCancelCause(t.Context())
	var written atomic.Int32
	r.before = func(_ http.ResponseWriter, req *http.Request) bool {
		if req.Method == http.MethodPut && strings.Contains(req.URL.Path, "/manifests/t") && written.Add(1) == 5 {
			cancel(errCancelled)
		}
		return false
	}
	dir, newRoot := single(t, "new")
	out := r.publishTo(ctx, dir, []string{"acme/web"}, tags...)
	if !errors.Is(out.err, errCancelled) {
		t.Errorf("got %v", out.err)
	}
	want := map[push.TagState]string{push.Moved: newRoot.Digest.String(), push.Untouched: oldRoot.Digest.String()}
	states := map[push.TagState]int{}
	for _, tag := range out.result.Targets[0].Tags {
		states[tag.State]++
		if got := r.ghcr.Tag("acme/web", tag.Tag.TagStr()); got != want[tag.State] {
			t.Errorf("tag %s has the state %s and points at %s", tag.Tag.TagStr(), tag.State, got)
		}
	}
	// The unfinished writes finished after the cancel, but no other write began.
	if states[push.Moved] < 5 || states[push.Untouched] == 0 || states[push.Unclear] != 0 {
		t.Errorf("got %v", states)
	}
}

func TestTagWithoutAResponseIsUncertain(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		effect ghcrtest.Effect
		want   push.TagState
	}{
		{"the registry refuses the write", ghcrtest.Answer{Status: 403, Code: "DENIED", Message: "permission_denied: write_package"}, push.Untouched},
		{"the connection is reset", ghcrtest.Reset{RequestBytes: 1}, push.Unclear},
		{"the server returns an error", ghcrtest.Answer{Status: 502}, push.Unclear},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, ghcrtest.Config{})
			r.ghcr.Inject(ghcrtest.Fault{Method: "PUT", Path: "/manifests/bad", Times: ghcrtest.Always, Effect: tc.effect})
			dir, _ := single(t, "a")
			out := r.publish(dir, "good", "bad")
			if out.err == nil {
				t.Fatal("the run succeeded")
			}
			tags := out.result.Targets[0].Tags
			if tags[0].State != push.Moved || tags[1].State != tc.want {
				t.Errorf("got %s and %s, want moved and %s", tags[0].State, tags[1].State, tc.want)
			}
			if !strings.Contains(out.err.Error(), `/acme/web:bad"`) || strings.Contains(out.err.Error(), "good") {
				t.Errorf("got %v", out.err)
			}
			if !out.result.Targets[0].Complete || !out.result.Changed() {
				t.Errorf("got %+v", out.result.Targets[0])
			}
		})
	}
}

// An unfinished tag write ends after the grace period.
func TestGracePeriodEnds(t *testing.T) {
	t.Parallel()
	r := newRig(t, ghcrtest.Config{})
	ctx, cancel := context.WithCancelCause(t.Context())
	r.before = func(_ http.ResponseWriter, req *http.Request) bool {
		if req.Method != http.MethodPut || !strings.HasSuffix(req.URL.Path, "/manifests/1") {
			return false
		}
		cancel(errCancelled)
		_, _ = io.Copy(io.Discard, req.Body) // the server notices a closed connection only after it has read the body
		<-req.Context().Done()
		return true
	}
	dir, _ := single(t, "a")
	out := r.prepare(ctx, dir, []string{"acme/web"}, "1")
	p := out.publisher()
	p.Grace = 10 * time.Millisecond
	result, err := p.Run(ctx, out.plan)
	if !errors.Is(err, errCancelled) || result.Targets[0].Tags[0].State != push.Unclear {
		t.Errorf("got %v, %s", err, result.Targets[0].Tags[0].State)
	}
}

func TestSecondRunFinishesACancelledPush(t *testing.T) {
	t.Parallel()
	r := newRig(t, ghcrtest.Config{})
	ctx, cancel := context.WithCancelCause(t.Context())
	r.before = func(_ http.ResponseWriter, req *http.Request) bool {
		if req.Method == http.MethodPut && strings.Contains(req.URL.Path, "/manifests/") {
			cancel(errCancelled)
			return false
		}
		return false
	}
	dir, root := single(t, "a", "b", "c")
	r.publishTo(ctx, dir, []string{"acme/web"}, "1", "2")
	r.before = nil
	r.ghcr.Reset()
	r.publish(dir, "1", "2").ok()
	for _, each := range r.ghcr.Requests() {
		if each.Class == ghcrtest.ClassPutUpload {
			t.Error("a blob was uploaded again")
		}
	}
	if got := r.ghcr.Tags("acme/web"); !slices.Equal(got, []string{"1", "2"}) {
		t.Errorf("tagged %v", got)
	}
	r.points("acme/web", "2", root.Digest)
}
