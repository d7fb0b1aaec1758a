package cmd_test

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
)

// quiet is the time without a new request after which the held requests are released. The
// test does not measure time: the count is wrong only if a client computes for longer
// between a response and its next request.
const quiet = 150 * time.Millisecond

// roundTripCounter counts serial round trips. It holds requests until no other request
// arrives, and then releases them together. Concurrent requests are one round trip. A
// request that needs a response is part of the next round trip.
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

// countRoundTrips runs a publish of the layout twice, and counts the round trips of each.
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

// Verification runs concurrently with the necessary requests. It adds at most four serial
// round trips to a first publish. The fourth is the last read of a version tag, because
// another run can have created it. It adds at most one to a run without changes.
func TestVerificationAddsFewRoundTrips(t *testing.T) {
	t.Parallel()
	first, second := countRoundTrips(t, "none")
	verifiedFirst, verifiedSecond := countRoundTrips(t, "full")
	t.Logf("serial round trips: first publish %d, verified %d; nothing to do %d, verified %d", first, verifiedFirst, second, verifiedSecond)
	if verifiedFirst-first > 4 {
		t.Errorf("a first publish takes %d serial round trips, with verification %d", first, verifiedFirst)
	}
	if verifiedSecond-second > 1 {
		t.Errorf("a run without changes takes %d serial round trips, with verification %d", second, verifiedSecond)
	}
}
