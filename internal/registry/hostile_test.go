package registry_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/registry"
)

// endless writes bytes until the client closes the connection.
func endless(w http.ResponseWriter) {
	piece := bytes.Repeat([]byte(" "), 32<<10)
	for {
		if _, err := w.Write(piece); err != nil {
			return
		}
	}
}

// Each call ends with an error after a limited number of bytes, and does not keep
// the bytes in memory.
func TestEndlessAnswersAreLimited(t *testing.T) {
	t.Parallel()
	status := func(code int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code); endless(w) }
	}
	headers := func(w http.ResponseWriter, _ *http.Request) {
		for i := range 1000 {
			w.Header().Set(fmt.Sprint("X-Bomb-", i), strings.Repeat("x", 1000))
		}
	}
	valid := token("T")
	cases := []struct {
		name          string
		token, answer http.HandlerFunc
		call          func(context.Context, *registry.Client, string) error
	}{
		{"token", status(200), status(401), probePush},
		{"refused token", status(403), status(401), probePush},
		{"error", valid, status(400), manifest},
		{"manifest", valid, status(200), manifest},
		{"headers", valid, headers, manifest},
		{"tags", valid, status(200), tags},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) { // not parallel, because the test measures memory
			s := registryWith(t, tc.answer, map[string]http.HandlerFunc{"/token": tc.token})
			c, _ := newClient(t, s.URL, nil)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			if err := tc.call(t.Context(), c, hostOf(s)); err == nil {
				t.Error("the response was accepted")
			}
			runtime.GC()
			runtime.ReadMemStats(&after)
			if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 64<<20 {
				t.Errorf("%d MiB are still in memory", grown>>20)
			}
			if read := c.Counters.BytesRead.Load(); read > 40<<20 {
				t.Errorf("%d MiB were read", read>>20)
			}
		})
	}
}

func probePush(ctx context.Context, c *registry.Client, host string) error {
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

func TestTagListWithoutAnEndIsAnError(t *testing.T) {
	t.Parallel()
	many := strings.Repeat(fmt.Sprintf("%q,", strings.Repeat("t", 128)), 8<<10) // about 1 MiB
	var pages atomic.Int32
	s := registryWith(t, func(w http.ResponseWriter, r *http.Request) {
		n := pages.Add(1)
		w.Header().Set("Link", fmt.Sprintf(`<%s?last=%d>; rel="next"`, r.URL.Path, n))
		_, _ = fmt.Fprintf(w, `{"tags":[%s"t%d"]}`, many, n)
	}, map[string]http.HandlerFunc{"/token": token("T")})
	c, _ := newClient(t, s.URL, nil)
	err := tags(t.Context(), c, hostOf(s))
	if err == nil || !strings.Contains(err.Error(), "more than 32 MiB") || pages.Load() < 30 || pages.Load() > 33 {
		t.Errorf("got %v after %d pages", err, pages.Load())
	}
}

func TestTagListCanHaveMoreThan200Pages(t *testing.T) {
	t.Parallel()
	const last = 206
	s := registryWith(t, func(w http.ResponseWriter, r *http.Request) {
		var page int
		_, _ = fmt.Sscan(r.URL.Query().Get("page"), &page)
		if page < last-1 {
			w.Header().Set("Link", fmt.Sprintf(`<%s?page=%d>; rel="next"`, r.URL.Path, page+1))
		}
		tags := make([]string, 100)
		for i := range tags {
			tags[i] = fmt.Sprintf("v%d.%d", page, i)
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"name": "acme/web", "tags": tags})
	}, map[string]http.HandlerFunc{"/token": token("T")})
	c, _ := newClient(t, s.URL, nil)
	all, err := c.Tags(t.Context(), mustRepository(hostOf(s)))
	if err != nil || len(all) != 100*last {
		t.Errorf("got %d tags, %v", len(all), err)
	}
}

func TestNextPageIsFoundInEveryFormOfALink(t *testing.T) {
	t.Parallel()
	for _, form := range []string{`<%s>; title="a"; rel="next"`, `<%s>; Rel="Next"`, `</other>; rel=first, <%s>; rel=next`} {
		s := registryWith(t, func(w http.ResponseWriter, r *http.Request) {
			tag := "second"
			if r.URL.Query().Get("page") == "" {
				tag = "first"
				w.Header().Set("Link", fmt.Sprintf(form, r.URL.Path+"?page=2"))
			}
			_ = json.NewEncoder(w).Encode(map[string]any{"tags": []string{tag}})
		}, map[string]http.HandlerFunc{"/token": token("T")})
		c, _ := newClient(t, s.URL, nil)
		if all, err := c.Tags(t.Context(), mustRepository(hostOf(s))); err != nil || len(all) != 2 {
			t.Errorf("%s: got %q, %v", form, all, err)
		}
	}
}

func TestPageOfTagsThatNamesItselfIsAnError(t *testing.T) {
	t.Parallel()
	var pages atomic.Int32
	s := registryWith(t, func(w http.ResponseWriter, r *http.Request) {
		pages.Add(1)
		w.Header().Set("Link", "<"+r.URL.RequestURI()+`>; rel="next"`)
		_, _ = w.Write([]byte(`{"tags":["a"]}`))
	}, map[string]http.HandlerFunc{"/token": token("T")})
	c, _ := newClient(t, s.URL, nil)
	if err := tags(t.Context(), c, hostOf(s)); !errors.As(err, new(*registry.LocationError)) || pages.Load() != 1 {
		t.Errorf("got %v after %d pages", err, pages.Load())
	}
}

func TestNextPageOfTagsOnAnotherHostIsNotRead(t *testing.T) {
	t.Parallel()
	other, requests := otherHost(t, func(http.ResponseWriter, *http.Request) {})
	s := registryWith(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Link", "<"+other+`/x>; rel="next"`)
		_, _ = w.Write([]byte(`{"tags":["a"]}`))
	}, map[string]http.HandlerFunc{"/token": token("T")})
	c, _ := newClient(t, s.URL, nil)
	if err := tags(t.Context(), c, hostOf(s)); err == nil || requests.Load() > 0 {
		t.Errorf("got %v, %d requests to the other host", err, requests.Load())
	}
}

func TestProbeBlobDetectsAnotherSize(t *testing.T) {
	t.Parallel()
	s := registryWith(t, func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Length", "7") },
		map[string]http.HandlerFunc{"/token": token("T")})
	c, _ := newClient(t, s.URL, nil)
	err := c.ProbeBlob(t.Context(), mustRepository(hostOf(s)), descriptor(fixed))
	if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("the registry reports 7 bytes, but the manifest states %d bytes", bodySize)) {
		t.Errorf("got %v", err)
	}
}

func TestManifestThatDiffersFromItsReferenceIsAnError(t *testing.T) {
	t.Parallel()
	s := registryWith(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Docker-Content-Digest", artifact(streamed).Descriptor.Digest.String())
		_, _ = w.Write(artifact(streamed).Raw)
	}, map[string]http.HandlerFunc{"/token": token("T")})
	c, _ := newClient(t, s.URL, nil)
	want := artifact(fixed).Descriptor.Digest.String()
	_, _, err := c.Manifest(t.Context(), mustRepository(hostOf(s)).Digest(want))
	if err == nil || !strings.Contains(err.Error(), "the expected digest is "+want) {
		t.Errorf("got %v", err)
	}
}
