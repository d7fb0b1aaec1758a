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

// bodies lists the requests with the bytes of a blob.
var bodies = []struct {
	name, method string
	after        int
}{
	{name: "PUT blob", method: "PUT"},
	{name: "PATCH upload", method: "PATCH"},
}

func TestConnectionResetInABodyRepeatsTheUpload(t *testing.T) {
	t.Parallel()
	for _, tc := range bodies {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			sc := newScenario(t, openWorld())
			sc.ghcr.Inject(ghcrtest.Fault{Method: tc.method, Path: "/blobs/upload/", Effect: ghcrtest.Reset{RequestBytes: 30 << 10}})
			if err := sc.run(); err != nil {
				t.Fatalf("%v\n%v", err, sc.counts())
			}
			sc.wantCost(bodySize)
			if got := sc.counts()[ghcrtest.ClassPostUpload]; got != 3 {
				t.Errorf("%d sessions, want 3", got)
			}
		})
	}
}

// loseAnswer lets ghcr.io execute the first matching request, and closes the
// connection before the response.
func loseAnswer(r *fixture, method, path string) {
	var hit atomic.Bool
	r.before = func(w http.ResponseWriter, req *http.Request) bool {
		if req.Method != method || !strings.Contains(req.URL.Path, path) || hit.Swap(true) {
			return false
		}
		r.ghcr.ServeHTTP(httptest.NewRecorder(), req)
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			r.t.Errorf("hijacking the connection: %v", err)
			return true
		}
		_ = conn.Close()
		return true
	}
}

func TestClientChecksTheBlobAfterALostAnswer(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, method, path string
		heads              int // HEAD requests for blobs, including the request of the scenario
		twice              int64
	}{
		{name: "PUT of a blob: it exists and is not sent again", method: "PUT", path: "/blobs/upload/", heads: 2},
		{name: "PATCH: the stream is sent again", method: "PATCH", path: "/blobs/upload/", heads: 1, twice: bodySize},
		{name: "POST: another session", method: "POST", path: "/blobs/uploads/", heads: 1},
		{name: "PUT of a manifest", method: "PUT", path: "/manifests/", heads: 1, twice: 1 << 10},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			sc := newScenario(t, openWorld())
			loseAnswer(sc.fixture, tc.method, tc.path)
			if err := sc.run(); err != nil {
				t.Fatalf("%v\n%v", err, sc.counts())
			}
			sc.wantCost(tc.twice)
			if got := sc.counts()[ghcrtest.ClassHeadBlob]; got != tc.heads {
				t.Errorf("%d HEAD requests for blobs, want %d", got, tc.heads)
			}
		})
	}
}

func TestClientChecksTheBlobAfterALostAnswerToTheLastPut(t *testing.T) {
	t.Parallel()
	r := newFixture(t, openWorld())
	loseAnswer(r, "PUT", "/blobs/upload/")
	desc, outcome, err := r.client.Upload(t.Context(), r.repo, pendingBlob(streamed), nil)
	if err != nil || outcome != registry.Uploaded || desc.Digest != hashOf(streamed) {
		t.Fatalf("got %v %q %v", desc, outcome, err)
	}
	r.wantBlob(streamed)
	if got := r.received(); got != bodySize {
		t.Errorf("got %d bytes, want each byte once", got)
	}
}

func TestLostSessionRepeatsTheUpload(t *testing.T) {
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
			sc := newScenario(t, openWorld())
			sc.ghcr.Inject(ghcrtest.Fault{Method: tc.method, Path: "/blobs/upload/", After: tc.after, Effect: ghcrtest.DropUpload{}})
			if err := sc.run(); err != nil {
				t.Fatalf("%v\n%v", err, sc.counts())
			}
			sc.wantCost(bodySize)
			if got := sc.counts()[ghcrtest.ClassPostUpload]; got != tc.posts {
				t.Errorf("%d sessions, want %d", got, tc.posts)
			}
		})
	}
}

func TestUploadFailsIfEverySessionIsLost(t *testing.T) {
	t.Parallel()
	r := newFixture(t, openWorld())
	r.ghcr.Inject(ghcrtest.Fault{Method: "PUT", Times: ghcrtest.Always, Effect: ghcrtest.DropUpload{}})
	_, _, err := r.client.Upload(t.Context(), r.repo, knownBlob(fixed), nil)
	var answer *registry.Error
	if !errors.As(err, &answer) || !answer.Has("BLOB_UPLOAD_UNKNOWN") {
		t.Fatalf("got %v", err)
	}
	if got := r.counts()[ghcrtest.ClassPutUpload]; got != 8 {
		t.Errorf("%d requests, want 8", got)
	}
}

// If a token expires between two requests of an upload, the registry responds with
// a challenge after it received the body. The client must then read the body from
// its start.
func TestTokenThatExpiresDuringAnUploadIsReplaced(t *testing.T) {
	t.Parallel()
	for _, tc := range bodies {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var late atomic.Int64
			config := openWorld()
			config.TokenTTL = time.Minute
			config.Clock = func() time.Time { return time.Now().Add(time.Duration(late.Load())) }
			sc := newScenario(t, config)
			sc.before = func(_ http.ResponseWriter, req *http.Request) bool {
				if req.Method == tc.method {
					late.CompareAndSwap(0, int64(2*time.Minute))
				}
				return false
			}
			if err := sc.run(); err != nil {
				t.Fatalf("%v\n%v", err, sc.counts())
			}
			sc.wantCost(bodySize)
			if got := sc.counts(); got[ghcrtest.ClassToken] != 2 || got[ghcrtest.ClassPing] != 0 || got[ghcrtest.ClassPostUpload] != 2 {
				t.Errorf("got %v, want one more token request and no other session", got)
			}
			if len(sc.recordedWaits()) > 0 {
				t.Errorf("waits %v, want none", sc.recordedWaits())
			}
		})
	}
}

func TestTokenThatIsAlwaysRefusedIsAnError(t *testing.T) {
	t.Parallel()
	sc := newScenario(t, openWorld())
	sc.ghcr.Inject(ghcrtest.Fault{Method: "PUT", Path: "/blobs/upload/", Times: ghcrtest.Always, Effect: ghcrtest.Answer{Status: 401, Code: "UNAUTHORIZED", Challenge: true}})
	if err := sc.run(); !registry.IsRefused(err) {
		t.Fatalf("got %v", err)
	}
	// The registry has opened the sessions, so the refusals contradict its responses. In
	// each of the three sessions, the client tries two tokens.
	if got := sc.counts(); got[ghcrtest.ClassPutUpload] != 6 || got[ghcrtest.ClassToken] != 4 || got[ghcrtest.ClassPostUpload] != 3 {
		t.Errorf("got %v, want three sessions with two tokens each", got)
	}
}

func TestIdleConnectionIsClosedAndRetried(t *testing.T) {
	t.Parallel()
	for _, kind := range requestKinds {
		switch kind.name {
		case "token", "HEAD blob", "PUT blob", "download":
		default:
			continue
		}
		t.Run(kind.name, func(t *testing.T) {
			t.Parallel()
			sc := newScenario(t, openWorld(), func(o *registry.Options) { o.IdleTimeout = 300 * time.Millisecond })
			sc.ghcr.Inject(ghcrtest.Fault{Method: kind.method, Path: kind.path, After: kind.after, Effect: ghcrtest.Stall{}})
			if err := sc.run(); err != nil {
				t.Fatalf("%v\n%v", err, sc.counts())
			}
			timeouts := 0
			for _, x := range sc.trace {
				if strings.Contains(x.Error, "idle timeout: no byte was sent or received within 300ms") {
					timeouts++
				}
			}
			if timeouts == 0 {
				t.Errorf("the trace contains no idle timeout: %+v", sc.trace)
			}
		})
	}
}

func TestTemporaryDNSErrorIsRetried(t *testing.T) {
	t.Parallel()
	var failures atomic.Int32
	sc := newScenario(t, openWorld(), func(o *registry.Options) {
		dial := new(net.Dialer).DialContext
		o.Base.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
			// The first dial checks whether a loopback host uses TLS.
			if n := failures.Add(1); n > 1 && n <= 4 {
				return nil, &net.OpError{Op: "dial", Net: network, Err: &net.DNSError{Err: "server misbehaving", Name: addr, IsTemporary: true}}
			}
			return dial(ctx, network, addr)
		}
	})
	if err := sc.run(); err != nil {
		t.Fatal(err)
	}
	if got := sc.total(); got != faultlessRequests {
		t.Errorf("got %d requests, want %d", got, faultlessRequests)
	}
	if got := len(sc.recordedWaits()); got != 3 {
		t.Errorf("%d waits, want 3", got)
	}
}

func TestServerMayCloseEveryConnection(t *testing.T) {
	t.Parallel()
	sc := newScenario(t, openWorld())
	sc.ghcr.Inject(ghcrtest.Fault{Times: ghcrtest.Always, Effect: ghcrtest.CloseConnection{}})
	if err := sc.run(); err != nil {
		t.Fatal(err)
	}
	sc.wantCost(0)
	if got := sc.total(); got != faultlessRequests {
		t.Errorf("got %d requests, want %d", got, faultlessRequests)
	}
}

func TestUnreachableHostUsesOnlyOneRetryBudget(t *testing.T) {
	t.Parallel()
	refused := errors.New("connection refused")
	var dials atomic.Int32
	sc := newScenario(t, openWorld(), func(o *registry.Options) {
		o.Base.DialContext = func(context.Context, string, string) (net.Conn, error) {
			dials.Add(1)
			return nil, refused
		}
	})
	if err := sc.run(); !errors.Is(err, refused) {
		t.Fatalf("got %v", err)
	}
	if got := dials.Load(); got != 9 { // one of the dials finds the scheme
		t.Errorf("%d dials, want 9", got)
	}
}

func TestNoWaitStartsThatExceedsTheDeadline(t *testing.T) {
	t.Parallel()
	sc := newScenario(t, openWorld())
	sc.ghcr.Inject(ghcrtest.Fault{Method: "POST", Effect: ghcrtest.SecondaryRateLimit()})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	_, _, err := sc.client.Upload(ctx, sc.repo, knownBlob(fixed), nil)
	if err == nil || !strings.Contains(err.Error(), "exceed its timeout") || !strings.Contains(err.Error(), "secondary rate limit") {
		t.Errorf("got %v", err)
	}
	if len(sc.recordedWaits()) > 0 || sc.counts()[ghcrtest.ClassPostUpload] != 1 {
		t.Errorf("waits %v, requests %v", sc.recordedWaits(), sc.counts())
	}
}

func TestCancelEndsAnUploadWithItsCause(t *testing.T) {
	t.Parallel()
	r := newFixture(t, openWorld())
	cause := errors.New("the run is cancelled")
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
	_, _, err := r.client.Upload(ctx, r.repo, knownBlob(fixed), nil)
	if !errors.Is(err, cause) {
		t.Errorf("got %v", err)
	}
	if got := bytes.Count([]byte(err.Error()), []byte("PUT blob")); got != 1 {
		t.Errorf("got %q, want the operation once", err)
	}
}
