package github_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/github"
)

// sequence starts an API that sends these responses in this order and repeats the
// last response. The counter of requests is atomic, because an aborted response ends its
// connection, and nothing orders the handlers of two connections.
func sequence(t *testing.T, list ...func(http.ResponseWriter)) (c *github.Client, requests *atomic.Int32, waits *[]time.Duration) {
	t.Helper()
	requests, waits = new(atomic.Int32), new([]time.Duration)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		list[min(int(requests.Add(1)), len(list))-1](w)
	}))
	t.Cleanup(server.Close)
	c, err := github.New(server.Client(), server.URL, "https://github.com", "test")
	if err != nil {
		t.Fatal(err)
	}
	c.Sleep = func(_ context.Context, d time.Duration) error {
		*waits = append(*waits, d)
		return nil
	}
	return c, requests, waits
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

func abort(http.ResponseWriter) { panic(http.ErrAbortHandler) }

func TestTemporaryFailuresAreRetriedAfterAWait(t *testing.T) {
	t.Parallel()
	success := status(200, "")
	near := strconv.FormatInt(time.Now().Add(20*time.Second).Unix(), 10)
	far := strconv.FormatInt(time.Now().Add(40*time.Minute).Unix(), 10)
	const secondary = "You have exceeded a secondary rate limit."
	cases := []struct {
		name     string
		list     []func(http.ResponseWriter)
		requests int
		least    time.Duration // shortest first wait; 0 for no wait
		most     time.Duration // longest first wait
		fails    bool
		mentions string
	}{
		{name: "no failure", list: []func(http.ResponseWriter){success}, requests: 1},
		{name: "502", list: []func(http.ResponseWriter){status(502, ""), status(503, ""), success}, requests: 3, least: 300 * time.Millisecond, most: time.Second},
		{name: "502 in all attempts", list: []func(http.ResponseWriter){status(502, "")}, requests: 3, least: 300 * time.Millisecond, most: time.Second, fails: true, mentions: "502 Bad Gateway"},
		{name: "503 with Retry-After", list: []func(http.ResponseWriter){status(503, "", "Retry-After", "7"), success}, requests: 2, least: 7 * time.Second, most: 8 * time.Second},
		{name: "429", list: []func(http.ResponseWriter){status(429, "", "Retry-After", "5"), success}, requests: 2, least: 5 * time.Second, most: 6 * time.Second},
		{name: "aborted connection", list: []func(http.ResponseWriter){abort, success}, requests: 2, least: 300 * time.Millisecond, most: time.Second},
		{name: "secondary rate limit", list: []func(http.ResponseWriter){status(403, secondary, "Retry-After", "30"), success}, requests: 2, least: 30 * time.Second, most: 31 * time.Second},
		{name: "secondary rate limit of an hour", list: []func(http.ResponseWriter){status(403, secondary, "Retry-After", "3600")}, requests: 1, fails: true, mentions: "secondary rate limit"},
		{name: "rate limit that ends soon", list: []func(http.ResponseWriter){status(403, "API rate limit exceeded", "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", near), success}, requests: 1, least: 15 * time.Second, most: 22 * time.Second, fails: true},
		{name: "rate limit that ends late", list: []func(http.ResponseWriter){status(403, "API rate limit exceeded", "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", far)}, requests: 1, fails: true, mentions: "cannot send more requests until"},
		{name: "refusal", list: []func(http.ResponseWriter){status(403, "Resource not accessible by integration")}, requests: 1, fails: true, mentions: "not accessible by integration"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			client, requests, waits := sequence(t, c.list...)
			_, err := client.Repository(t.Context(), "acme/web")
			if (err != nil) != c.fails || (err != nil && !strings.Contains(err.Error(), c.mentions)) {
				t.Errorf("got error %v; want an error: %t, with %q", err, c.fails, c.mentions)
			}
			if int(requests.Load()) != c.requests {
				t.Errorf("%d requests, want %d", requests.Load(), c.requests)
			}
			if (len(*waits) > 0) != (c.least > 0) || c.least > 0 && ((*waits)[0] < c.least || (*waits)[0] > c.most) {
				t.Errorf("waits %v, want a first wait from %v to %v", *waits, c.least, c.most)
			}
		})
	}
}

func TestNoWaitStartsThatEndsAfterTheDeadline(t *testing.T) {
	t.Parallel()
	client, requests, waits := sequence(t, status(429, "", "Retry-After", "60"))
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if _, err := client.Repository(ctx, "acme/web"); err == nil || requests.Load() != 1 || len(*waits) != 0 {
		t.Errorf("%d requests, waits %v: %v", requests.Load(), *waits, err)
	}
}

// A run sends several requests to the API. If the API fails, the run uses only one
// retry budget.
func TestOneRetryBudgetIsSpentOnAnUnavailableAPI(t *testing.T) {
	t.Parallel()
	client, requests, _ := sequence(t, status(502, ""))
	for range 3 {
		if _, err := client.Repository(t.Context(), "acme/web"); err == nil {
			t.Error("no error")
		}
	}
	if requests.Load() != 5 {
		t.Errorf("%d requests, want 3 for the first call and 1 for each later call", requests.Load())
	}
}

// An API that accepts connections and never responds must not delay the run,
// because publishing does not need the API.
func TestARequestWithoutAnswerIsNotRepeated(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	t.Cleanup(server.Close)
	client, err := github.New(server.Client(), server.URL, "https://github.com", "test")
	if err != nil {
		t.Fatal(err)
	}
	client.AnswerTimeout = 50 * time.Millisecond
	client.Sleep = func(context.Context, time.Duration) error {
		t.Error("the request is repeated")
		return nil
	}
	for _, words := range []string{"within 50ms", "within 10ms"} {
		if _, err := client.Repository(t.Context(), "acme/web"); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("got %v, want %q", err, words)
		}
	}
}

func TestTheKindOfAnOwnerIsRequestedOnce(t *testing.T) {
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
		t.Errorf("%d requests for the owner, want 1", n)
	}
}
