package attest

import (
	"net/http"
	"net/url"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
)

// transportFunc is a transport without a network.
type transportFunc func(*http.Request) (*http.Response, error)

func (f transportFunc) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// Each of the four attempts has ten seconds. The waits before the attempts are one, two and
// four seconds.
func TestAServiceWithoutAnAnswerIsDownAfterFourAttempts(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		answer transportFunc
		want   time.Duration
	}{
		{"no response", func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		}, 47 * time.Second},
		{"no connection", func(r *http.Request) (*http.Response, error) {
			return nil, &url.Error{Op: r.Method, URL: r.URL.String(), Err: syscall.ECONNREFUSED}
		}, 7 * time.Second},
		{"a response without an end", func(r *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: http.StatusOK, Body: endless{r}}, nil
		}, 47 * time.Second},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				tries, start := 0, time.Now()
				transport := transportFunc(func(r *http.Request) (*http.Response, error) {
					tries++
					return c.answer(r)
				})
				_, err := newCaller(transport, "test", nil).do(t.Context(), request{service: "log", method: http.MethodPost, url: "https://rekor.example"}, http.StatusOK)
				if got := time.Since(start); !diag.Is(err, CodeServiceDown) || tries != 4 || got != c.want {
					t.Errorf("got %v after %d attempts and %s, want %s", err, tries, got, c.want)
				}
			})
		})
	}
}

// endless is a body that sends nothing until its request ends.
type endless struct{ request *http.Request }

func (e endless) Read([]byte) (int, error) {
	<-e.request.Context().Done()
	return 0, e.request.Context().Err()
}

func (endless) Close() error { return nil }
