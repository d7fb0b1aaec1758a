package referrers_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/registry/referrers"
)

// conditional is a registry with conditional writes of one tag.
type conditional struct {
	mu     sync.Mutex
	raw    string // "" if the tag does not exist
	weak   bool   // the registry sends weak validators
	api    string // the response of the referrers API, or "" if there is none
	writes int
	before func() // called once before the first write
}

func (c *conditional) etag() string {
	hash := sha256.Sum256([]byte(c.raw))
	out := `"` + hex.EncodeToString(hash[:]) + `"`
	if c.weak {
		return "W/" + out
	}
	return out
}

// ServeHTTP implements [http.Handler].
func (c *conditional) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	condition := r.Header.Get("If-Match")
	switch {
	case r.URL.Path == "/token":
		fmt.Fprint(w, `{"token":"t"}`)
	case strings.Contains(r.URL.Path, "/referrers/") && c.api != "":
		fmt.Fprint(w, c.api)
	case !strings.HasSuffix(r.URL.Path, "/manifests/"+referrers.Tag(subject)) || r.Method == http.MethodGet && c.raw == "":
		http.NotFound(w, r)
	case r.Method == http.MethodGet:
		w.Header().Set("ETag", c.etag())
		fmt.Fprint(w, c.raw)
	case c.before != nil:
		c.before()
		c.before = nil
		fallthrough
	default:
		if condition != "" && condition != c.etag() {
			http.Error(w, "", http.StatusPreconditionFailed)
			return
		}
		raw, _ := io.ReadAll(r.Body) // An error means that the client is gone.
		c.raw = string(raw)
		c.writes++
		w.WriteHeader(http.StatusCreated)
	}
}

func digest(digit string) v1.Hash {
	return v1.Hash{Algorithm: "sha256", Hex: strings.Repeat(digit, 64)}
}

func listOf(digits ...string) string {
	entries := []v1.Descriptor{}
	for _, digit := range digits {
		entries = append(entries, v1.Descriptor{MediaType: "x", Size: 1, Digest: digest(digit)})
	}
	raw, _ := json.Marshal(map[string]any{"schemaVersion": 2, "manifests": entries}) //nolint:errchkjson // never fails
	return string(raw)
}

// add adds an entry with the digit 1, and returns the first digits of all entries.
func (c *conditional) add(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(c)
	defer server.Close()
	w := &referrers.Writer{Registry: client(t), Sleep: func(context.Context, time.Duration) error { return nil }}
	repo := repository(t, server.Listener.Addr().String())
	if err := w.Add(t.Context(), repo, subject, []v1.Descriptor{{MediaType: "x", Size: 1, Digest: digest("1")}}); err != nil {
		t.Fatal(err)
	}
	list, err := referrers.List(t.Context(), client(t), repo, subject)
	if err != nil {
		t.Fatal(err)
	}
	out := ""
	for _, d := range list {
		out += d.Digest.Hex[:1]
	}
	return out
}

// Another program writes the list between the read and the write of Add. With a condition,
// the write of Add fails, and no entry is ever missing.
func TestAddWritesOnlyTheStateThatItHasRead(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		weak   bool
		want   string
		writes int
	}{
		"with a condition": {false, "2341", 1},
		// The write of Add overwrites the entry 4, and nobody can know it.
		"with a weak validator": {true, "231", 1},
	} {
		c := &conditional{raw: listOf("2", "3"), weak: tc.weak}
		c.before = func() { c.raw = listOf("2", "3", "4") }
		if got := c.add(t); got != tc.want || c.writes != tc.writes {
			t.Errorf("%s: got %s after %d writes, want %s after %d", name, got, c.writes, tc.want, tc.writes)
		}
	}
}

// ghcr.io has answered with an empty list, which looks like the API of a registry that has
// no referrers of the image.
func TestAnEmptyListOfTheAPIIsNoAPI(t *testing.T) {
	t.Parallel()
	c := &conditional{raw: listOf("2"), api: listOf()}
	if got := c.add(t); got != "21" {
		t.Errorf("the list is %q", got)
	}
	c = &conditional{api: listOf("1")}
	if got := c.add(t); got != "1" || c.writes != 0 {
		t.Errorf("the list is %q after %d writes of the tag", got, c.writes)
	}
}

// stale is a registry that shows the state of the tag with a delay.
type stale struct {
	mu     sync.Mutex
	now    time.Duration
	delay  time.Duration
	states []state
	events map[time.Duration]string // the writes of another program
}

type state struct {
	at  time.Duration
	raw string
}

// sleep moves the clock, and lets the other program write.
func (s *stale) sleep(_ context.Context, wait time.Duration) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now += wait
	for at, raw := range s.events {
		if at <= s.now {
			s.states = append(s.states, state{s.now, raw})
			delete(s.events, at)
		}
	}
	return nil
}

// ServeHTTP implements [http.Handler].
func (s *stale) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case r.URL.Path == "/token":
		fmt.Fprint(w, `{"token":"t"}`)
	case !strings.HasSuffix(r.URL.Path, "/manifests/"+referrers.Tag(subject)):
		http.NotFound(w, r)
	case r.Method == http.MethodPut:
		raw, _ := io.ReadAll(r.Body) // An error means that the client is gone.
		s.states = append(s.states, state{s.now, string(raw)})
		w.WriteHeader(http.StatusCreated)
	default:
		shown := ""
		for _, one := range s.states {
			if one.at <= s.now-s.delay {
				shown = one.raw
			}
		}
		if shown == "" {
			http.NotFound(w, r)
			return
		}
		fmt.Fprint(w, shown)
	}
}

// ghcr.io has shown a list that was five seconds old. Add waits for its entry, and a second
// write of an old list would remove the entries of other programs.
func TestAddWaitsForAnOldList(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		delay  time.Duration
		events map[time.Duration]string
		want   string
		writes int // of Add and of the other program
		fails  bool
	}{
		{"no delay", 0, nil, "21", 1, false},
		{"five seconds", 5 * time.Second, nil, "21", 1, false},
		{"another program reads the list of Add and writes", 5 * time.Second, map[time.Duration]string{2 * time.Second: listOf("2", "1", "3")}, "213", 2, false},
		{"another program overwrites the list", 5 * time.Second, map[time.Duration]string{time.Second: listOf("2", "3")}, "231", 3, false},
		{"a minute", time.Minute, nil, "2", 1, true},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := &stale{now: time.Hour, delay: tc.delay, events: map[time.Duration]string{}, states: []state{{0, listOf("2")}}}
			for at, raw := range tc.events {
				s.events[s.now+at] = raw
			}
			server := httptest.NewServer(s)
			t.Cleanup(server.Close)
			w := &referrers.Writer{Registry: client(t), Waits: referrers.Rereads, Sleep: s.sleep}
			err := w.Add(t.Context(), repository(t, server.Listener.Addr().String()), subject, []v1.Descriptor{{MediaType: "x", Size: 1, Digest: digest("1")}})
			if diag.Is(err, referrers.CodeOverwritten) != tc.fails || (err != nil) != tc.fails {
				t.Errorf("got %v", err)
			}
			last := s.states[len(s.states)-1].raw
			if writes := len(s.states) - 1; writes != tc.writes {
				t.Errorf("%d writes, want %d", writes, tc.writes)
			}
			if !tc.fails && entriesOf(t, last) != tc.want {
				t.Errorf("the list is %s, want %s", entriesOf(t, last), tc.want)
			}
		})
	}
}

// entriesOf returns the first digits of the entries of a list.
func entriesOf(t *testing.T, raw string) string {
	t.Helper()
	var list struct{ Manifests []v1.Descriptor }
	if err := json.Unmarshal([]byte(raw), &list); err != nil {
		t.Fatal(err)
	}
	out := ""
	for _, d := range list.Manifests {
		out += d.Digest.Hex[:1]
	}
	return out
}
