package registry_test

import (
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
)

// clock is a clock that a test moves.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) read() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func TestAnUploadUsesTheSessionOfThePushProbe(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name  string
		age   time.Duration
		fault *ghcrtest.Fault
		posts int
	}{
		{"open session", 59 * time.Second, nil, 1},
		{"old session", time.Minute, nil, 2},
		{"lost session", 0, &ghcrtest.Fault{Method: http.MethodPut, Path: "/blobs/upload/", Effect: ghcrtest.DropUpload{}}, 2},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			now := &clock{now: time.Now()}
			r := newFixture(t, openWorld(), func(o *registry.Options) { o.Now = now.read })
			if err := r.client.ProbePush(t.Context(), r.repo); err != nil {
				t.Fatal(err)
			}
			if tc.fault != nil {
				r.ghcr.Inject(*tc.fault)
			}
			now.move(tc.age)
			_, outcome, err := r.client.UploadTo(t.Context(), r.client.Reserve(r.repo), r.repo, knownBlob(fixed), nil)
			if err != nil || outcome != registry.Uploaded {
				t.Fatalf("got %q, %v", outcome, err)
			}
			r.wantBlob(fixed)
			if got := r.counts()[ghcrtest.ClassPostUpload]; got != tc.posts {
				t.Errorf("%d POST requests, want %d", got, tc.posts)
			}
			if r.client.Reserve(r.repo) != nil {
				t.Error("the session can be used again")
			}
		})
	}
}

func TestOpenUploadsCountsTheSessionOfThePushProbe(t *testing.T) {
	t.Parallel()
	r := newFixture(t, openWorld())
	if err := r.client.ProbePush(t.Context(), r.repo); err != nil {
		t.Fatal(err)
	}
	r.client.OpenUploads(t.Context(), r.repo, 3)
	for range 3 {
		if _, _, err := r.client.UploadTo(t.Context(), r.client.Reserve(r.repo), r.repo, knownBlob(fixed), nil); err != nil {
			t.Fatal(err)
		}
	}
	if got := r.counts()[ghcrtest.ClassPostUpload]; got != 3 {
		t.Errorf("%d POST requests for three uploads", got)
	}
	if r.client.Reserve(r.repo) != nil || r.client.Reserve(r.at("acme/api")) != nil {
		t.Error("there is another session")
	}
}

// An upload returns the refusal of its session, and does not send the same request again.
func TestARefusedSessionIsTheErrorOfTheUpload(t *testing.T) {
	t.Parallel()
	r := newFixture(t, openWorld())
	r.ghcr.Inject(ghcrtest.Fault{Method: http.MethodPost, Effect: ghcrtest.Answer{Status: 403, Code: ghcrtest.CodeDenied}})
	r.client.OpenUploads(t.Context(), r.repo, 1)
	_, _, err := r.client.UploadTo(t.Context(), r.client.Reserve(r.repo), r.repo, knownBlob(fixed), nil)
	if !registry.IsRefused(err) {
		t.Errorf("got %v, want the refusal", err)
	}
	if got := r.counts()[ghcrtest.ClassPostUpload]; got != 1 {
		t.Errorf("%d POST requests, want 1", got)
	}
}
