package registry_test

import (
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
)

func TestDownloadResumesAfterAnIdleTimeout(t *testing.T) {
	t.Parallel()
	sc := newScenario(t, openWorld(), func(o *registry.Options) { o.IdleTimeout = 300 * time.Millisecond })
	var hit atomic.Bool
	sc.before = func(w http.ResponseWriter, req *http.Request) bool {
		if !strings.HasPrefix(req.URL.Path, "/ghcr1/") || hit.Swap(true) {
			return false
		}
		w.Header().Set("Content-Length", "102400")
		_, _ = w.Write(seeded[:1000])
		_ = http.NewResponseController(w).Flush()
		<-req.Context().Done()
		return true
	}
	if err := sc.run(); err != nil {
		t.Fatal(err)
	}
	if got := lastRange(sc); got != "bytes=1000-" {
		t.Errorf("resumed with %q", got)
	}
}

// lastRange returns the range of the last download, for which the embedded
// registry sent only the remaining bytes.
func lastRange(sc *scenario) string {
	for _, r := range slices.Backward(sc.ghcr.Requests()) {
		if r.Class == ghcrtest.ClassDownload && r.Sent == bodySize-1000 {
			return "bytes=1000-"
		}
	}
	return ""
}

func TestTruncatedDownloadResumes(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		effect ghcrtest.Effect
	}{
		{"truncated with the right Content-Length", ghcrtest.Truncate{Bytes: 1000}},
		{"reset", ghcrtest.Reset{ResponseBytes: 1000}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			sc := newScenario(t, openWorld())
			sc.ghcr.Inject(ghcrtest.Fault{Path: "/ghcr1/", Effect: tc.effect})
			if err := sc.run(); err != nil {
				t.Fatal(err)
			}
			var sent int64
			for _, r := range sc.ghcr.Requests() {
				if r.Class == ghcrtest.ClassDownload {
					sent += r.Sent
				}
			}
			// Bytes on the network can be lost when the connection ends.
			if sent < bodySize || sent > bodySize+1000 {
				t.Errorf("got %d bytes, want %d and at most 1000 twice", sent, bodySize)
			}
		})
	}
}

func TestDownloadWithoutRangesSkipsTheBytesThatItHas(t *testing.T) {
	t.Parallel()
	sc := newScenario(t, openWorld())
	var served atomic.Int32
	sc.before = func(w http.ResponseWriter, req *http.Request) bool {
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
	if err := sc.run(); err != nil {
		t.Fatal(err)
	}
	if served.Load() != 2 {
		t.Errorf("%d downloads, want 2", served.Load())
	}
}

// A server that ignores ranges sends the first bytes again. The response can end among these
// bytes.
func TestDownloadResumesAfterAFaultInTheBytesThatItSkips(t *testing.T) {
	t.Parallel()
	sc := newScenario(t, openWorld())
	var served atomic.Int32
	sc.before = func(w http.ResponseWriter, req *http.Request) bool {
		if !strings.HasPrefix(req.URL.Path, "/ghcr1/") {
			return false
		}
		sent := map[int32]int{1: 1000, 2: 10, 3: 500}[served.Add(1)]
		if sent == 0 {
			sent = len(seeded)
		}
		w.Header().Set("Content-Length", strconv.Itoa(sent))
		_, _ = w.Write(seeded[:sent])
		return true
	}
	if err := sc.run(); err != nil {
		t.Fatal(err)
	}
	if served.Load() != 4 {
		t.Errorf("%d downloads, want 4", served.Load())
	}
}

func TestDownloadWithOneBytePerAttemptFails(t *testing.T) {
	t.Parallel()
	sc := newScenario(t, openWorld())
	var served atomic.Int32
	sc.before = func(w http.ResponseWriter, req *http.Request) bool {
		if !strings.HasPrefix(req.URL.Path, "/ghcr1/") {
			return false
		}
		n := served.Add(1)
		w.Header().Set("Content-Length", "1")
		w.WriteHeader(http.StatusPartialContent)
		_, _ = w.Write(seeded[n-1 : n])
		return true
	}
	var truncated *registry.TruncatedDownload
	if err := sc.run(); !errors.Is(err, io.ErrUnexpectedEOF) || !errors.As(err, &truncated) || truncated.Received != 8 || truncated.Host == "" {
		t.Fatalf("got %v", err)
	}
	if served.Load() != 8 {
		t.Errorf("%d requests with one byte each, want 8", served.Load())
	}
}

func TestBlobWithOtherContentIsAnError(t *testing.T) {
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
			sc := newScenario(t, openWorld())
			sc.before = func(w http.ResponseWriter, req *http.Request) bool {
				if strings.HasPrefix(req.URL.Path, "/ghcr1/") {
					_, _ = w.Write(tc.body)
					return true
				}
				return false
			}
			err := sc.run()
			if wrong := new(registry.WrongContent); !errors.As(err, &wrong) || wrong.Want.Digest != hashOf(seeded) {
				t.Errorf("got %v", err)
			}
			if got := sc.counts()[ghcrtest.ClassGetBlob]; got != 1 {
				t.Errorf("%d requests for the blob, want 1", got)
			}
		})
	}
}

func TestManifestWithAWrongDigestIsAnError(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, method string
		effect       ghcrtest.Effect
		want         string
		waits        int // a response of GET can have lost a part, so it is read again
	}{
		{"stored under another digest", "PUT", ghcrtest.WrongDigest{}, "the registry stored a manifest with the digest sha256:", 0},
		{"header with another digest", "GET", ghcrtest.WrongDigest{}, "the received bytes have the digest " + artifact(fixed).Descriptor.Digest.String() + ", but the expected digest is sha256:", 5},
		{"truncated", "GET", ghcrtest.Truncate{Bytes: 100}, "the received bytes have the digest " + hashOf(artifact(fixed).Raw[:100]).String() + ", but the expected digest is " + artifact(fixed).Descriptor.Digest.String(), 5},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			sc := newScenario(t, openWorld())
			sc.ghcr.Inject(ghcrtest.Fault{Method: tc.method, Path: "/manifests/", Times: ghcrtest.Always, Effect: tc.effect})
			err := sc.run()
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v\nwant %q in it", err, tc.want)
			}
			if len(sc.recordedWaits()) != tc.waits {
				t.Errorf("retried after the waits %v, want %d waits", sc.recordedWaits(), tc.waits)
			}
		})
	}
}

func TestManifestThatLostAPartIsReadAgain(t *testing.T) {
	t.Parallel()
	for name, effect := range map[string]ghcrtest.Effect{"another digest": ghcrtest.WrongDigest{}, "truncated": ghcrtest.Truncate{Bytes: 100}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sc := newScenario(t, openWorld())
			sc.ghcr.Inject(ghcrtest.Fault{Method: "GET", Path: "/manifests/", Times: 2, Effect: effect})
			if err := sc.run(); err != nil || len(sc.recordedWaits()) != 2 {
				t.Errorf("got %v after the waits %v", err, sc.recordedWaits())
			}
		})
	}
}
