package cmd_test

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
)

// quiet is how long no request may arrive before those held are let go. It is
// no measurement: only a client that computes for longer between an answer and
// its next request would be counted wrong.
const quiet = 150 * time.Millisecond

// flights holds requests until no other one comes, and lets them go together:
// what is asked side by side is one flight, what waits for an answer the next.
// Their number is that of serial round trips.
type roundTripCounter struct {
	next http.Handler

	mu    sync.Mutex
	held  []chan struct{}
	timer *time.Timer
	n     int
}

func (f *roundTripCounter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	turn := make(chan struct{})
	f.mu.Lock()
	f.held = append(f.held, turn)
	if f.timer == nil {
		f.timer = time.AfterFunc(quiet, f.release)
	} else {
		f.timer.Reset(quiet)
	}
	f.mu.Unlock()
	<-turn
	f.next.ServeHTTP(w, r)
}

func (f *roundTripCounter) release() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.held) > 0 {
		f.n++
	}
	for _, each := range f.held {
		close(each)
	}
	f.held = nil
}

// fly runs a publish of the layout twice, and counts the flights of each.
func countRoundTrips(t *testing.T, verify string) (first, second int) {
	t.Helper()
	path, _ := layout(t)
	s := newStage(t, acme()).with("source", path, "tags", "1.2.3", "verify", verify)
	f := &roundTripCounter{next: ghcrtest.New(acme())}
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	s.env["GITHUB_SERVER_URL"], s.env["GITHUB_API_URL"] = server.URL, server.URL+"/api/v3"
	s.run().succeeds()
	first = f.n
	s.run().succeeds().hasOutputs("outcome", "unchanged")
	return first, f.n - first
}

// Proofs run beside what has to be asked anyway: they add at most three
// serial round trips to a first publish, a fourth for the last look at a version
// tag, which another run may have made meanwhile, and one to a run with nothing
// to do.
func TestVerificationAddsFewRoundTrips(t *testing.T) {
	t.Parallel()
	first, second := countRoundTrips(t, "none")
	provenFirst, provenSecond := countRoundTrips(t, "full")
	t.Logf("serial round trips: first publish %d, proven %d; nothing to do %d, proven %d", first, provenFirst, second, provenSecond)
	if provenFirst-first > 4 {
		t.Errorf("a first publish takes %d serial round trips, with proofs %d", first, provenFirst)
	}
	if provenSecond-second > 1 {
		t.Errorf("with nothing to do it takes %d serial round trips, with proofs %d", second, provenSecond)
	}
}
