package github_test

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TestConcurrentReadsOfARepositorySendOneRequest reads one repository from several images of
// a release at the same time. A read that fails is sent again.
func TestConcurrentReadsOfARepositorySendOneRequest(t *testing.T) {
	t.Parallel()
	var requests atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if requests.Add(1) == 1 {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		time.Sleep(20 * time.Millisecond) // so that the reads overlap
		_, _ = w.Write([]byte(`{"full_name":"acme/web","visibility":"public"}`))
	}))
	t.Cleanup(server.Close)
	c := newClient(t, server.URL, "https://github.com")
	if _, err := c.Repository(t.Context(), "acme/web"); err == nil {
		t.Error("the first read succeeded")
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if r, err := c.Repository(t.Context(), "acme/web"); err != nil || r.Visibility != "public" {
				t.Errorf("got %+v, %v", r, err)
			}
		})
	}
	wg.Wait()
	if n := requests.Load(); n != 2 {
		t.Errorf("%d requests, want 2", n)
	}
}
