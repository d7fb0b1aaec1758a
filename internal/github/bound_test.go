package github_test

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"runtime"
	"testing"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/github"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/bounded"
)

// endless writes a body until the client closes the connection.
func endless(status int) http.HandlerFunc {
	part := bytes.Repeat([]byte("x"), 1<<20)
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = w.Write([]byte(`"`)) // a text of JSON without an end
		for {
			if _, err := w.Write(part); err != nil {
				return
			}
		}
	}
}

// The test is not parallel, because it measures the memory of the process.
func TestEndlessAnswersOfTheAPINeedLittleMemory(t *testing.T) {
	for _, status := range []int{http.StatusOK, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusTooManyRequests, http.StatusBadGateway} {
		s := httptest.NewServer(endless(status))
		c := newClient(t, s.URL, "https://github.com")
		c.AnswerTimeout = time.Minute
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := c.Get(t.Context(), github.Owner{Login: "acme", Kind: "Organization"}, "web")
		runtime.ReadMemStats(&after)
		s.Close()
		if used := after.TotalAlloc - before.TotalAlloc; err == nil || used > 16*bounded.MaxAnswer {
			t.Errorf("%d: %d bytes were allocated; the error is %v", status, used, err)
		}
		if absent := github.IsAbsent(err); absent != (status == http.StatusNotFound) {
			t.Errorf("%d: IsAbsent is %v for %v", status, absent, err)
		}
		if status == http.StatusOK && !errors.As(err, new(*bounded.TooLongError)) {
			t.Errorf("%d: got %v, want a *bounded.TooLongError", status, err)
		}
	}
}
