package registry_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/registry"
)

// endless writes until the client has gone.
func endless(w http.ResponseWriter) {
	piece := bytes.Repeat([]byte(" "), 32<<10)
	for {
		if _, err := w.Write(piece); err != nil {
			return
		}
	}
}

// Whatever a registry pours out, each call ends with an error, soon, and
// without keeping it.
func TestEndlessAnswersAreBounded(t *testing.T) {
	t.Parallel()
	status := func(code int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code); endless(w) }
	}
	headers := func(w http.ResponseWriter, _ *http.Request) {
		for i := range 1000 {
			w.Header().Set(fmt.Sprint("X-Bomb-", i), strings.Repeat("x", 1000))
		}
	}
	fine := token("T")
	cases := []struct {
		name          string
		token, answer http.HandlerFunc
		call          func(context.Context, *registry.Client, string) error
	}{
		{"token", status(200), status(401), reachable},
		{"refused token", status(403), status(401), reachable},
		{"error", fine, status(400), manifest},
		{"manifest", fine, status(200), manifest},
		{"headers", fine, headers, manifest},
		{"tags", fine, status(200), tags},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) { // one after the other: memory is looked at
			s := registryWith(t, tc.answer, map[string]http.HandlerFunc{"/token": tc.token})
			c, _ := against(t, s.URL, nil)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			if err := tc.call(t.Context(), c, hostOf(s)); err == nil {
				t.Error("it was taken")
			}
			runtime.GC()
			runtime.ReadMemStats(&after)
			if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 64<<20 {
				t.Errorf("%d MiB are kept", grown>>20)
			}
			if read := c.Meter.BytesRead.Load(); read > 40<<20 {
				t.Errorf("%d MiB were read", read>>20)
			}
		})
	}
}

func reachable(ctx context.Context, c *registry.Client, host string) error {
	return c.ProbePush(ctx, mustRepository(host))
}

func manifest(ctx context.Context, c *registry.Client, host string) error {
	_, _, err := c.Manifest(ctx, mustRepository(host).Tag("1"))
	return err
}

func tags(ctx context.Context, c *registry.Client, host string) error {
	_, err := c.Tags(ctx, mustRepository(host))
	return err
}

func TestTagsWithoutAnEnd(t *testing.T) {
	t.Parallel()
	var pages atomic.Int32
	s := registryWith(t, func(w http.ResponseWriter, r *http.Request) {
		n := pages.Add(1)
		w.Header().Set("Link", fmt.Sprintf(`<%s?last=%d>; rel="next"`, r.URL.Path, n))
		_, _ = fmt.Fprintf(w, `{"tags":["t%d"]}`, n)
	}, map[string]http.HandlerFunc{"/token": token("T")})
	c, _ := against(t, s.URL, nil)
	err := tags(t.Context(), c, hostOf(s))
	if err == nil || !strings.Contains(err.Error(), "has no end") || pages.Load() != 200 {
		t.Errorf("got %v after %d pages", err, pages.Load())
	}
}

func TestNextPageOfTagsElsewhereIsNotFollowed(t *testing.T) {
	t.Parallel()
	other, visits := elsewhere(t, func(http.ResponseWriter, *http.Request) {})
	s := registryWith(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Link", "<"+other+`/x>; rel="next"`)
		_, _ = w.Write([]byte(`{"tags":["a"]}`))
	}, map[string]http.HandlerFunc{"/token": token("T")})
	c, _ := against(t, s.URL, nil)
	if err := tags(t.Context(), c, hostOf(s)); err == nil || visits.Load() > 0 {
		t.Errorf("got %v, %d visits", err, visits.Load())
	}
}

func TestProbeSeesABlobOfAnotherSize(t *testing.T) {
	t.Parallel()
	s := registryWith(t, func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Length", "7") },
		map[string]http.HandlerFunc{"/token": token("T")})
	c, _ := against(t, s.URL, nil)
	err := c.ProbeBlob(t.Context(), mustRepository(hostOf(s)), descriptor(fixed))
	if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("it has 7 bytes, not %d", bodySize)) {
		t.Errorf("got %v", err)
	}
}

func TestManifestThatIsNotTheOneAskedForIsRefused(t *testing.T) {
	t.Parallel()
	s := registryWith(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Docker-Content-Digest", artifact(streamed).Descriptor.Digest.String())
		_, _ = w.Write(artifact(streamed).Raw)
	}, map[string]http.HandlerFunc{"/token": token("T")})
	c, _ := against(t, s.URL, nil)
	want := artifact(fixed).Descriptor.Digest.String()
	_, _, err := c.Manifest(t.Context(), mustRepository(hostOf(s)).Digest(want))
	if err == nil || !strings.Contains(err.Error(), "not "+want) {
		t.Errorf("got %v", err)
	}
}
