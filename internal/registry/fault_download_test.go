package registry_test

import (
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
)

func TestAnswerThatStallsIsContinued(t *testing.T) {
	t.Parallel()
	j := newJourney(t, open(), func(o *registry.Options) { o.StallTimeout = 300 * time.Millisecond })
	var hit atomic.Bool
	j.before = func(w http.ResponseWriter, req *http.Request) bool {
		if !strings.HasPrefix(req.URL.Path, "/ghcr1/") || hit.Swap(true) {
			return false
		}
		w.Header().Set("Content-Length", "102400")
		_, _ = w.Write(seeded[:1000])
		_ = http.NewResponseController(w).Flush()
		<-req.Context().Done()
		return true
	}
	if err := j.travel(); err != nil {
		t.Fatal(err)
	}
	if got := lastRange(j); got != "bytes=1000-" {
		t.Errorf("continued with %q", got)
	}
}

// lastRange is where the last download went on; the embedded registry sent
// that part alone.
func lastRange(j *journey) string {
	for _, r := range slices.Backward(j.ghcr.Requests()) {
		if r.Class == ghcrtest.ClassDownload && r.Sent == bodySize-1000 {
			return "bytes=1000-"
		}
	}
	return ""
}

func TestBrokenDownloadIsContinued(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		effect ghcrtest.Effect
	}{
		{"truncated, though its length agrees", ghcrtest.Truncate{Bytes: 1000}},
		{"reset", ghcrtest.Reset{ResponseBytes: 1000}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			j := newJourney(t, open())
			j.ghcr.Inject(ghcrtest.Fault{Path: "/ghcr1/", Effect: tc.effect})
			if err := j.travel(); err != nil {
				t.Fatal(err)
			}
			var sent int64
			for _, r := range j.ghcr.Requests() {
				if r.Class == ghcrtest.ClassDownload {
					sent += r.Sent
				}
			}
			// What was on its way when the connection broke may be lost.
			if sent < bodySize || sent > bodySize+1000 {
				t.Errorf("got %d bytes in all, want %d and at most 1000 twice", sent, bodySize)
			}
		})
	}
}

func TestDownloadWithoutRangesSkipsWhatItHas(t *testing.T) {
	t.Parallel()
	j := newJourney(t, open())
	var served atomic.Int32
	j.before = func(w http.ResponseWriter, req *http.Request) bool {
		if !strings.HasPrefix(req.URL.Path, "/ghcr1/") {
			return false
		}
		if served.Add(1) == 1 {
			w.Header().Set("Content-Length", "1000")
			_, _ = w.Write(seeded[:1000])
		} else {
			_, _ = w.Write(seeded)
		}
		return true
	}
	if err := j.travel(); err != nil {
		t.Fatal(err)
	}
	if served.Load() != 2 {
		t.Errorf("downloaded %d times", served.Load())
	}
}

func TestDownloadThatCreepsIsGivenUp(t *testing.T) {
	t.Parallel()
	j := newJourney(t, open())
	var served atomic.Int32
	j.before = func(w http.ResponseWriter, req *http.Request) bool {
		if !strings.HasPrefix(req.URL.Path, "/ghcr1/") {
			return false
		}
		n := served.Add(1)
		w.Header().Set("Content-Length", "1")
		w.WriteHeader(http.StatusPartialContent)
		_, _ = w.Write(seeded[n-1 : n])
		return true
	}
	var broken *registry.BrokenOff
	if err := j.travel(); !errors.Is(err, io.ErrUnexpectedEOF) || !errors.As(err, &broken) || broken.Got != 8 || broken.Host == "" {
		t.Fatalf("got %v", err)
	}
	if served.Load() != 8 {
		t.Errorf("asked %d times for a byte each, want 8", served.Load())
	}
}

func TestWrongBytesOfABlobAreRefused(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name string
		body []byte
	}{
		{"another blob", fixed[:bodySize]},
		{"too long", append(slices.Clone(seeded), 'x')},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			j := newJourney(t, open())
			j.before = func(w http.ResponseWriter, req *http.Request) bool {
				if strings.HasPrefix(req.URL.Path, "/ghcr1/") {
					_, _ = w.Write(tc.body)
					return true
				}
				return false
			}
			err := j.travel()
			if wrong := new(registry.WrongContent); !errors.As(err, &wrong) || wrong.Want.Digest != hashOf(seeded) {
				t.Errorf("got %v", err)
			}
			if got := j.counts()[ghcrtest.ClassGetBlob]; got != 1 {
				t.Errorf("asked %d times", got)
			}
		})
	}
}

func TestWrongDigestFromTheServerStopsAndSaysSo(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, method string
		effect       ghcrtest.Effect
		want         string
	}{
		{"stored under another digest", "PUT", ghcrtest.WrongDigest{}, "the registry stored sha256:"},
		{"named by another digest", "GET", ghcrtest.WrongDigest{}, "the bytes received are " + artifact(fixed).Descriptor.Digest.String() + ", not sha256:"},
		{"cut", "GET", ghcrtest.Truncate{Bytes: 100}, "the bytes received are " + hashOf(artifact(fixed).Raw[:100]).String() + ", not " + artifact(fixed).Descriptor.Digest.String()},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			j := newJourney(t, open())
			j.ghcr.Inject(ghcrtest.Fault{Method: tc.method, Path: "/manifests/", Effect: tc.effect})
			err := j.travel()
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v\nwant %q in it", err, tc.want)
			}
			if len(j.waited()) > 0 {
				t.Errorf("tried again after %v", j.waited())
			}
		})
	}
}
