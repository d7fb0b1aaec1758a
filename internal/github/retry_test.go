package github_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/github"
)

// answers is an API that gives these answers in turn, the last one for ever.
func answers(t *testing.T, list ...func(http.ResponseWriter)) (c *github.Client, asked *int, slept *[]time.Duration) {
	t.Helper()
	asked, slept = new(int), new([]time.Duration)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		n := min(*asked, len(list)-1)
		*asked++
		list[n](w)
	}))
	t.Cleanup(server.Close)
	c, err := github.New(server.Client(), server.URL, "https://github.com", "test")
	if err != nil {
		t.Fatal(err)
	}
	c.Sleep = func(_ context.Context, d time.Duration) error {
		*slept = append(*slept, d)
		return nil
	}
	return c, asked, slept
}

func status(code int, message string, header ...string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(code)
		_, _ = w.Write([]byte(`{"message":` + strconv.Quote(message) + `,"full_name":"acme/web"}`))
	}
}

func cut(http.ResponseWriter) { panic(http.ErrAbortHandler) }

func TestPassingFaultsAreWaitedFor(t *testing.T) {
	t.Parallel()
	fine := status(200, "")
	soon := strconv.FormatInt(time.Now().Add(20*time.Second).Unix(), 10)
	late := strconv.FormatInt(time.Now().Add(40*time.Minute).Unix(), 10)
	const secondary = "You have exceeded a secondary rate limit."
	cases := []struct {
		name     string
		list     []func(http.ResponseWriter)
		asked    int
		least    time.Duration // of the first wait; 0 for no wait at all
		most     time.Duration
		fails    bool
		mentions string
	}{
		{name: "nothing", list: []func(http.ResponseWriter){fine}, asked: 1},
		{name: "502", list: []func(http.ResponseWriter){status(502, ""), status(503, ""), fine}, asked: 3, least: 300 * time.Millisecond, most: time.Second},
		{name: "502 for long", list: []func(http.ResponseWriter){status(502, "")}, asked: 3, least: 300 * time.Millisecond, most: time.Second, fails: true, mentions: "502 Bad Gateway"},
		{name: "503 with Retry-After", list: []func(http.ResponseWriter){status(503, "", "Retry-After", "7"), fine}, asked: 2, least: 7 * time.Second, most: 8 * time.Second},
		{name: "429", list: []func(http.ResponseWriter){status(429, "", "Retry-After", "5"), fine}, asked: 2, least: 5 * time.Second, most: 6 * time.Second},
		{name: "a connection that breaks", list: []func(http.ResponseWriter){cut, fine}, asked: 2, least: 300 * time.Millisecond, most: time.Second},
		{name: "a secondary limit", list: []func(http.ResponseWriter){status(403, secondary, "Retry-After", "30"), fine}, asked: 2, least: 30 * time.Second, most: 31 * time.Second},
		{name: "a secondary limit for an hour", list: []func(http.ResponseWriter){status(403, secondary, "Retry-After", "3600")}, asked: 1, fails: true, mentions: "secondary rate limit"},
		{name: "the hour's requests are used up, but not for long", list: []func(http.ResponseWriter){status(403, "API rate limit exceeded", "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", soon), fine}, asked: 1, least: 15 * time.Second, most: 22 * time.Second, fails: true},
		{name: "the hour's requests are used up", list: []func(http.ResponseWriter){status(403, "API rate limit exceeded", "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", late)}, asked: 1, fails: true, mentions: "are used up until"},
		{name: "a refusal is an answer", list: []func(http.ResponseWriter){status(403, "Resource not accessible by integration")}, asked: 1, fails: true, mentions: "not accessible by integration"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			client, asked, slept := answers(t, c.list...)
			_, err := client.Repository(t.Context(), "acme/web")
			if (err != nil) != c.fails || (err != nil && !strings.Contains(err.Error(), c.mentions)) {
				t.Errorf("got %v, want an error with %q: %t", err, c.mentions, c.fails)
			}
			if *asked != c.asked {
				t.Errorf("asked %d times, want %d", *asked, c.asked)
			}
			if (len(*slept) > 0) != (c.least > 0) || c.least > 0 && ((*slept)[0] < c.least || (*slept)[0] > c.most) {
				t.Errorf("waited %v, want first %v to %v", *slept, c.least, c.most)
			}
		})
	}
}

func TestAWaitThatOutlastsTheRunIsNotBegun(t *testing.T) {
	t.Parallel()
	client, asked, slept := answers(t, status(429, "", "Retry-After", "60"))
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if _, err := client.Repository(ctx, "acme/web"); err == nil || *asked != 1 || len(*slept) != 0 {
		t.Errorf("asked %d times, waited %v: %v", *asked, *slept, err)
	}
}

// A run asks for several things. One API that is down costs it one patience.
func TestAnAPIThatIsDownIsFoundOutOnce(t *testing.T) {
	t.Parallel()
	client, asked, _ := answers(t, status(502, ""))
	for range 3 {
		if _, err := client.Repository(t.Context(), "acme/web"); err == nil {
			t.Error("no error")
		}
	}
	if *asked != 5 {
		t.Errorf("asked %d times, want 3 and then 1 each", *asked)
	}
}

// An API that takes connections and never answers must not hold the run: what
// it tells is not needed for publishing.
func TestAnAPIThatNeverAnswersIsLeft(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	t.Cleanup(server.Close)
	client, err := github.New(server.Client(), server.URL, "https://github.com", "test")
	if err != nil {
		t.Fatal(err)
	}
	client.Answer = 50 * time.Millisecond
	client.Sleep = func(context.Context, time.Duration) error {
		t.Error("it is asked again")
		return nil
	}
	for _, words := range []string{"no answer in 50ms", "no answer in 10ms"} {
		if _, err := client.Repository(t.Context(), "acme/web"); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("got %v, want %q", err, words)
		}
	}
}

func TestTheKindOfAnOwnerIsAskedForOnce(t *testing.T) {
	t.Parallel()
	c, server := client(t, world())
	for range 3 {
		if _, err := c.Get(t.Context(), github.Owner{Login: "acme"}, "web"); !github.IsAbsent(err) {
			t.Error(err)
		}
	}
	n := 0
	for _, q := range server.Requests() {
		if strings.Contains(q.Path, "/users/acme") {
			n++
		}
	}
	if n != 1 {
		t.Errorf("asked %d times", n)
	}
}
