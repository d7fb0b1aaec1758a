package registry_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
)

// bodies are the requests that carry a blob's bytes.
var bodies = []struct {
	name, method string
	after        int
}{
	{name: "PUT blob", method: "PUT"},
	{name: "PATCH upload", method: "PATCH"},
}

func TestConnectionResetInTheBodySendsThatBlobAgain(t *testing.T) {
	t.Parallel()
	for _, tc := range bodies {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			j := newJourney(t, open())
			j.ghcr.Inject(ghcrtest.Fault{Method: tc.method, Path: "/blobs/upload/", Effect: ghcrtest.Reset{RequestBytes: 30 << 10}})
			if err := j.travel(); err != nil {
				t.Fatalf("%v\n%v", err, j.counts())
			}
			j.within(bodySize)
			if got := j.counts()[ghcrtest.ClassPostUpload]; got != 3 {
				t.Errorf("opened %d sessions, want one more than the two", got)
			}
		})
	}
}

// lost carries a request out and breaks the connection before its answer.
func lost(r *rig, method, path string) {
	var hit atomic.Bool
	r.before = func(w http.ResponseWriter, req *http.Request) bool {
		if req.Method != method || !strings.Contains(req.URL.Path, path) || hit.Swap(true) {
			return false
		}
		r.ghcr.ServeHTTP(httptest.NewRecorder(), req)
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			r.t.Errorf("taking the connection: %v", err)
			return true
		}
		_ = conn.Close()
		return true
	}
}

func TestLostAnswerIsLookedInto(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, method, path string
		heads              int // questions whether a blob is there, with the journey's own
		twice              int64
	}{
		{name: "PUT of a blob: it is there, nothing is sent again", method: "PUT", path: "/blobs/upload/", heads: 2},
		{name: "PATCH: the stream starts anew", method: "PATCH", path: "/blobs/upload/", heads: 1, twice: bodySize},
		{name: "POST: another session", method: "POST", path: "/blobs/uploads/", heads: 1},
		{name: "PUT of a manifest", method: "PUT", path: "/manifests/", heads: 1, twice: 1 << 10},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			j := newJourney(t, open())
			lost(j.rig, tc.method, tc.path)
			if err := j.travel(); err != nil {
				t.Fatalf("%v\n%v", err, j.counts())
			}
			j.within(tc.twice)
			if got := j.counts()[ghcrtest.ClassHeadBlob]; got != tc.heads {
				t.Errorf("asked for blobs %d times, want %d", got, tc.heads)
			}
		})
	}
}

func TestLostAnswerToTheEndOfAStreamIsLookedInto(t *testing.T) {
	t.Parallel()
	r := newRig(t, open())
	lost(r, "PUT", "/blobs/upload/")
	desc, way, err := r.client.Upload(t.Context(), r.repo, pending(streamed), nil)
	if err != nil || way != registry.Uploaded || desc.Digest != hashOf(streamed) {
		t.Fatalf("got %v %q %v", desc, way, err)
	}
	r.holds(streamed)
	if got := r.received(); got != bodySize {
		t.Errorf("got %d bytes, want each once", got)
	}
}

func TestLostSessionStartsThatBlobAnew(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, method string
		after, posts int
	}{
		{name: "PUT blob", method: "PUT", posts: 3},
		{name: "PATCH upload", method: "PATCH", posts: 3},
		{name: "PUT after PATCH", method: "PUT", after: 1, posts: 3},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			j := newJourney(t, open())
			j.ghcr.Inject(ghcrtest.Fault{Method: tc.method, Path: "/blobs/upload/", After: tc.after, Effect: ghcrtest.DropUpload{}})
			if err := j.travel(); err != nil {
				t.Fatalf("%v\n%v", err, j.counts())
			}
			j.within(bodySize)
			if got := j.counts()[ghcrtest.ClassPostUpload]; got != tc.posts {
				t.Errorf("opened %d sessions, want %d", got, tc.posts)
			}
		})
	}
}

func TestSessionThatIsLostEveryTimeIsGivenUp(t *testing.T) {
	t.Parallel()
	r := newRig(t, open())
	r.ghcr.Inject(ghcrtest.Fault{Method: "PUT", Times: ghcrtest.Always, Effect: ghcrtest.DropUpload{}})
	_, _, err := r.client.Upload(t.Context(), r.repo, known(fixed), nil)
	var answer *registry.Error
	if !errors.As(err, &answer) || !answer.Has("BLOB_UPLOAD_UNKNOWN") {
		t.Fatalf("got %v", err)
	}
	if got := r.counts()[ghcrtest.ClassPutUpload]; got != 8 {
		t.Errorf("sent %d times, want 8", got)
	}
}

// A token that runs out between two requests of an upload is answered with a
// challenge after the body was sent: the body has to be read from its start
// again.
func TestTokenThatExpiresInMidUploadIsReplaced(t *testing.T) {
	t.Parallel()
	for _, tc := range bodies {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var late atomic.Int64
			config := open()
			config.TokenTTL = time.Minute
			config.Clock = func() time.Time { return time.Now().Add(time.Duration(late.Load())) }
			j := newJourney(t, config)
			j.before = func(_ http.ResponseWriter, req *http.Request) bool {
				if req.Method == tc.method {
					late.CompareAndSwap(0, int64(2*time.Minute))
				}
				return false
			}
			if err := j.travel(); err != nil {
				t.Fatalf("%v\n%v", err, j.counts())
			}
			j.within(bodySize)
			if got := j.counts(); got[ghcrtest.ClassToken] != 2 || got[ghcrtest.ClassPing] != 0 || got[ghcrtest.ClassPostUpload] != 2 {
				t.Errorf("got %v, want one more token and no other session", got)
			}
			if len(j.waited()) > 0 {
				t.Errorf("waited %v", j.waited())
			}
		})
	}
}

func TestTokenThatIsNeverTakenIsAnError(t *testing.T) {
	t.Parallel()
	j := newJourney(t, open())
	j.ghcr.Inject(ghcrtest.Fault{Method: "PUT", Path: "/blobs/upload/", Times: ghcrtest.Always, Effect: ghcrtest.Answer{Status: 401, Code: "UNAUTHORIZED", Challenge: true}})
	if err := j.travel(); !registry.IsRefused(err) {
		t.Fatalf("got %v", err)
	}
	if got := j.counts(); got[ghcrtest.ClassPutUpload] != 2 || got[ghcrtest.ClassToken] != 2 || got[ghcrtest.ClassPostUpload] != 1 {
		t.Errorf("got %v, want one more token and one more try", got)
	}
}

func TestStalledConnectionIsLeft(t *testing.T) {
	t.Parallel()
	for _, place := range places {
		switch place.name {
		case "token", "HEAD blob", "PUT blob", "download":
		default:
			continue
		}
		t.Run(place.name, func(t *testing.T) {
			t.Parallel()
			j := newJourney(t, open(), func(o *registry.Options) { o.StallTimeout = 300 * time.Millisecond })
			j.ghcr.Inject(ghcrtest.Fault{Method: place.method, Path: place.path, After: place.after, Effect: ghcrtest.Stall{}})
			if err := j.travel(); err != nil {
				t.Fatalf("%v\n%v", err, j.counts())
			}
			stalls := 0
			for _, x := range j.trace {
				if strings.Contains(x.Error, "stalled: no byte in 300ms") {
					stalls++
				}
			}
			if stalls == 0 {
				t.Errorf("the stall was not told: %+v", j.trace)
			}
		})
	}
}

func TestNameThatCannotBeLookedUpForAMoment(t *testing.T) {
	t.Parallel()
	var failures atomic.Int32
	j := newJourney(t, open(), func(o *registry.Options) {
		dial := new(net.Dialer).DialContext
		o.Base.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
			// The first dial asks a loopback host whether it speaks TLS.
			if n := failures.Add(1); n > 1 && n <= 4 {
				return nil, &net.OpError{Op: "dial", Net: network, Err: &net.DNSError{Err: "server misbehaving", Name: addr, IsTemporary: true}}
			}
			return dial(ctx, network, addr)
		}
	})
	if err := j.travel(); err != nil {
		t.Fatal(err)
	}
	if got := j.total(); got != cleanRequests {
		t.Errorf("got %d requests", got)
	}
	if got := len(j.waited()); got != 3 {
		t.Errorf("waited %d times, want 3", got)
	}
}

func TestServerThatClosesEveryConnection(t *testing.T) {
	t.Parallel()
	j := newJourney(t, open())
	j.ghcr.Inject(ghcrtest.Fault{Times: ghcrtest.Always, Effect: ghcrtest.CloseConnection{}})
	if err := j.travel(); err != nil {
		t.Fatal(err)
	}
	j.within(0)
	if got := j.total(); got != cleanRequests {
		t.Errorf("got %d requests", got)
	}
}

func TestHostThatIsNotThereIsGivenUpOnce(t *testing.T) {
	t.Parallel()
	refused := errors.New("connection refused")
	var dials atomic.Int32
	j := newJourney(t, open(), func(o *registry.Options) {
		o.Base.DialContext = func(context.Context, string, string) (net.Conn, error) {
			dials.Add(1)
			return nil, refused
		}
	})
	if err := j.travel(); !errors.Is(err, refused) {
		t.Fatalf("got %v", err)
	}
	if got := dials.Load(); got != 9 { // one to learn the scheme
		t.Errorf("dialled %d times, want 9", got)
	}
}

func TestRunEndsBeforeTheNextAttempt(t *testing.T) {
	t.Parallel()
	j := newJourney(t, open())
	j.ghcr.Inject(ghcrtest.Fault{Method: "POST", Effect: ghcrtest.SecondaryRateLimit()})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	_, _, err := j.client.Upload(ctx, j.repo, known(fixed), nil)
	if err == nil || !strings.Contains(err.Error(), "after this run's timeout") || !strings.Contains(err.Error(), "secondary rate limit") {
		t.Errorf("got %v", err)
	}
	if len(j.waited()) > 0 || j.counts()[ghcrtest.ClassPostUpload] != 1 {
		t.Errorf("waited %v, sent %v", j.waited(), j.counts())
	}
}

func TestCancelEndsAnUpload(t *testing.T) {
	t.Parallel()
	r := newRig(t, open())
	cause := errors.New("the run was cancelled")
	ctx, cancel := context.WithCancelCause(t.Context())
	r.before = func(_ http.ResponseWriter, req *http.Request) bool {
		if req.Method == "PUT" {
			cancel(cause)
			_, _ = io.Copy(io.Discard, req.Body)
			<-req.Context().Done()
			return true
		}
		return false
	}
	_, _, err := r.client.Upload(ctx, r.repo, known(fixed), nil)
	if !errors.Is(err, cause) {
		t.Errorf("got %v", err)
	}
	if got := bytes.Count([]byte(err.Error()), []byte("PUT blob")); got != 1 {
		t.Errorf("got %q, want to hear once what was under way", err)
	}
}
