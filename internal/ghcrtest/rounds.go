package ghcrtest

import (
	"fmt"
	"maps"
	"net/http"
	"path"
	"slices"
	"strings"
	"sync"
	"time"
)

// stuck is the maximum time of a round trip. After this time, a round trip ends even
// if a request is missing. A test that passes never waits so long.
const stuck = 20 * time.Second

// RoundTrips is a barrier in front of a server. It proves how many serial round trips a
// client needs. The test lists the requests of each round trip. RoundTrips holds each
// request until all requests of its round trip have arrived, and then lets them
// continue together.
//
// The client gets no response while a request of the round trip is missing. If all
// round trips end, the requests of each round trip are therefore independent of each
// other. No measurement of time is involved.
type RoundTrips struct {
	mu       sync.Mutex
	expected []map[string]int
	arrived  map[string]int
	next     int           // index of the current round trip
	complete chan struct{} // closed when all requests of the current round trip have arrived
	problems []string
}

// NewRoundTrips returns a barrier for a client that needs these round trips. Each round
// trip maps the name of a request (see [RequestName]) to the number of requests with this
// name.
func NewRoundTrips(expected ...map[string]int) *RoundTrips {
	return &RoundTrips{expected: expected, arrived: map[string]int{}, complete: make(chan struct{})}
}

// RequestName returns the name of a request: its class, and the reference of a manifest.
// If the reference is a digest, the name contains the word "digest" instead. A token
// request without credentials has the name "anonymous token". The name of a request to
// Sigstore contains the last part of its path.
func RequestName(r *http.Request) string {
	class := classify(r)
	t, _ := parseTarget(r.URL.Path)
	switch {
	case class == ClassToken && r.Header.Get("Authorization") == "":
		return "anonymous token"
	case class == ClassSigstore:
		return string(class) + " " + path.Base(r.URL.Path)
	case t.kind != "manifests":
		return string(class)
	case isDigest(t.rest):
		return string(class) + " digest"
	}
	return string(class) + " " + t.rest
}

// Hold returns when all requests of the round trip that contains r have arrived.
func (b *RoundTrips) Hold(r *http.Request) {
	complete, round := b.arrive(RequestName(r))
	select {
	case <-complete:
	case <-r.Context().Done():
	case <-time.After(stuck):
		b.giveUp(round)
	}
}

// arrive adds a request to the current round trip.
func (b *RoundTrips) arrive(name string) (complete chan struct{}, round int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	complete, round = b.complete, b.next
	if round >= len(b.expected) || b.expected[round][name] == b.arrived[name] {
		b.problems = append(b.problems, fmt.Sprintf("round trip %d does not contain this request: %s", round+1, name))
		closed := make(chan struct{})
		close(closed)
		return closed, round
	}
	b.arrived[name]++
	if maps.Equal(b.arrived, b.expected[round]) {
		b.endRound()
	}
	return complete, round
}

func (b *RoundTrips) endRound() {
	close(b.complete)
	b.next++
	b.arrived, b.complete = map[string]int{}, make(chan struct{})
}

// giveUp ends a round if some of its requests did not arrive.
func (b *RoundTrips) giveUp(round int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.next == round {
		b.problems = append(b.problems, b.missing())
		b.endRound()
	}
}

// missing describes the requests of the current round trip that have not arrived.
func (b *RoundTrips) missing() string {
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(b.expected[b.next])) {
		if n := b.expected[b.next][name] - b.arrived[name]; n > 0 {
			lines = append(lines, fmt.Sprintf("%d %s", n, name))
		}
	}
	return fmt.Sprintf("round trip %d lacks %s", b.next+1, strings.Join(lines, ", "))
}

// Problems describes the differences between the expected and the real round trips. The
// result is empty if the client needed exactly the expected round trips.
func (b *RoundTrips) Problems() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := slices.Clone(b.problems)
	if b.next < len(b.expected) {
		out = append(out, b.missing())
	}
	return out
}
