package registry_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
)

// passing lists faults of an upload or of a read that end, with the protocol. Each
// upload succeeds by a later attempt.
var passing = []struct {
	name   string
	effect ghcrtest.Effect
	upload bool // the fault occurs only in an upload session
}{
	{name: "reset before the body is read", effect: ghcrtest.Reset{}},
	{name: "GOAWAY with 503", effect: ghcrtest.GoAway{Status: 503}},
	{name: "400 with a page", effect: ghcrtest.Page{Status: 400, Title: "Whoa there!"}},
	{name: "400 with an XHTML page", effect: ghcrtest.Page{Status: 400, Title: "Bad Request", MediaType: "application/xhtml+xml"}},
	{name: "502 with a page", effect: ghcrtest.Page{Status: 502, Title: "Bad Gateway"}},
	{name: "520 with a page", effect: ghcrtest.Page{Status: 520, Title: "Web server is returning an unknown error"}},
	{name: "524 with a page", effect: ghcrtest.Page{Status: 524, Title: "A timeout occurred"}},
	{name: "408", effect: ghcrtest.Answer{Status: 408}},
	{name: "421", effect: ghcrtest.Answer{Status: 421}},
	{name: "425", effect: ghcrtest.Answer{Status: 425}},
	{name: "429 with a page", effect: ghcrtest.Page{Status: 429, Title: "Too many requests"}},
	{name: "403 with a page about the rate limit", effect: ghcrtest.Page{Status: 403, Title: "You have exceeded a secondary rate limit"}, upload: true},
	{name: "404 BLOB_UPLOAD_UNKNOWN", effect: ghcrtest.DropUpload{}, upload: true},
	{name: "404 BLOB_UNKNOWN", effect: ghcrtest.DropUpload{BlobUnknown: true}, upload: true},
	{name: "404 BLOB_UPLOAD_INVALID", effect: ghcrtest.Answer{Status: 404, Code: "BLOB_UPLOAD_INVALID"}, upload: true},
	{name: "404 with a page", effect: ghcrtest.Page{Status: 404, Title: "Not Found"}, upload: true},
}

// protocols lists the protocols of the embedded registry.
var protocols = []struct {
	name string
	tls  *ghcrtest.TLS
}{
	{"HTTP/1.1", nil},
	{"HTTP/1.1 with TLS", &ghcrtest.TLS{}},
	{"HTTP/2", &ghcrtest.TLS{HTTP2: true}},
}

// over returns a client and an embedded registry that uses a protocol.
func over(t *testing.T, tls *ghcrtest.TLS) *fixture {
	t.Helper()
	config := openWorld()
	config.TLS = tls
	r := &fixture{t: t, ghcr: ghcrtest.Start(t, config)}
	r.client, r.recorder = newClient(t, r.ghcr.URL(), r.ghcr.CertPool())
	r.host = r.ghcr.Host()
	r.repo = r.at("acme/web")
	return r
}

func TestUploadSurvivesAPassingFault(t *testing.T) {
	t.Parallel()
	for _, protocol := range protocols {
		for _, fault := range passing {
			t.Run(protocol.name+", "+fault.name, func(t *testing.T) {
				t.Parallel()
				for _, content := range [][]byte{[]byte("small"), fixed} {
					for _, method := range []string{"PUT", "PATCH"} {
						r := over(t, protocol.tls)
						r.ghcr.Inject(ghcrtest.Fault{Method: method, Path: "/blobs/upload/", Times: 2, Effect: fault.effect})
						blob := knownBlob(content)
						if method == "PATCH" {
							blob = pendingBlob(content)
						}
						if _, _, err := r.client.Upload(t.Context(), r.repo, blob, nil); err != nil {
							t.Fatalf("%s of %d bytes: %v\n%v", method, len(content), err, r.counts())
						}
						r.wantBlob(content)
						if got := r.counts()[ghcrtest.ClassPostUpload]; got != 3 {
							t.Errorf("%s of %d bytes: %d sessions, want 3", method, len(content), got)
						}
					}
				}
			})
		}
	}
}

func TestReadSurvivesAPassingFault(t *testing.T) {
	t.Parallel()
	for _, protocol := range protocols {
		for _, fault := range passing {
			if fault.upload {
				continue
			}
			t.Run(protocol.name+", "+fault.name, func(t *testing.T) {
				t.Parallel()
				for _, path := range []string{"/token", "/manifests/", "/tags/list"} {
					r := over(t, protocol.tls)
					r.push("1")
					r.ghcr.Inject(ghcrtest.Fault{Path: path, Times: 2, Effect: fault.effect})
					if _, _, err := r.client.Manifest(t.Context(), r.repo.Tag("1")); err != nil {
						t.Errorf("%s: %v", path, err)
					}
					if _, err := r.client.Tags(t.Context(), r.repo); err != nil {
						t.Errorf("%s: %v", path, err)
					}
				}
			})
		}
	}
}

// Small blobs share one connection of HTTP/2. Each second request is reset.
func TestManySmallBlobsSurviveResetsOfTheirStreams(t *testing.T) {
	t.Parallel()
	r := over(t, &ghcrtest.TLS{HTTP2: true})
	for n := range 30 {
		r.ghcr.Inject(ghcrtest.Fault{Method: "PUT", Path: "/blobs/upload/", After: n, Effect: []ghcrtest.Effect{ghcrtest.Reset{}, ghcrtest.GoAway{Status: 503}}[n%2]})
	}
	errs := make(chan error, 30)
	for n := range 30 {
		go func() {
			_, _, err := r.client.Upload(t.Context(), r.repo, knownBlob(repeatedText(string(rune('a'+n)), 50_000)), nil)
			errs <- err
		}()
	}
	for range 30 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}

func TestFinalAnswerToAnUploadIsNotRepeated(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		effect ghcrtest.Effect
		status int
	}{
		{"413", ghcrtest.Answer{Status: 413, Code: "BLOB_UPLOAD_INVALID", Message: "too large"}, 413},
		{"413 with a page", ghcrtest.Page{Status: 413, Title: "Request Entity Too Large"}, 413},
		{"400", ghcrtest.Answer{Status: 400, Code: "BLOB_UPLOAD_INVALID", Message: "invalid"}, 400},
		{"416", ghcrtest.Answer{Status: 416, Code: "BLOB_UPLOAD_INVALID", Message: "invalid"}, 416},
		{"403 with a page", ghcrtest.Page{Status: 403, Title: "Blocked by the proxy"}, 403},
		{"200 with a page", ghcrtest.Page{Status: 200, Title: "log in to the wifi"}, 200},
		{"201 with a page", ghcrtest.Page{Status: 201, Title: "log in to the wifi"}, 201},
		{"511", ghcrtest.Page{Status: 511, Title: "Network Authentication Required"}, 511},
	}
	for _, tc := range cases {
		for _, method := range []string{"POST", "PUT", "PATCH"} {
			t.Run(tc.name+", "+method, func(t *testing.T) {
				t.Parallel()
				r := newFixture(t, openWorld())
				r.ghcr.Inject(ghcrtest.Fault{Method: method, Times: ghcrtest.Always, Effect: tc.effect})
				blob := knownBlob(fixed)
				if method == "PATCH" {
					blob = pendingBlob(fixed)
				}
				_, _, err := r.client.Upload(t.Context(), r.repo, blob, nil)
				var refused *registry.Error
				if !errors.As(err, &refused) || refused.Status != tc.status {
					t.Fatalf("got %v", err)
				}
				if got := r.counts()[ghcrtest.Class(method+" upload")]; got != 1 || len(r.recordedWaits()) > 0 {
					t.Errorf("%d requests and waits %v, want one request", got, r.recordedWaits())
				}
			})
		}
	}
}

func TestPageInPlaceOfAManifestIsNamed(t *testing.T) {
	t.Parallel()
	for name, operation := range operations {
		r := newFixture(t, openWorld())
		r.ghcr.Inject(ghcrtest.Fault{Path: "/v2/", Times: ghcrtest.Always, Effect: ghcrtest.Page{Status: 200, Title: "log in to the wifi"}})
		var answer *registry.Error
		err := operation(t.Context(), r.client, r.host)
		if !errors.As(err, &answer) || answer.Status != 200 || !answer.IsPage() || (!strings.HasPrefix(name, "HEAD") && answer.Page != "log in to the wifi") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestPageInPlaceOfATokenIsNamed(t *testing.T) {
	t.Parallel()
	r := newFixture(t, openWorld())
	r.ghcr.Inject(ghcrtest.Fault{Path: "/token", Times: ghcrtest.Always, Effect: ghcrtest.Page{Status: 200, Title: "log in to the wifi"}})
	var answer *registry.Error
	if err := probePush(t.Context(), r.client, r.host); !errors.As(err, &answer) || answer.Page != "log in to the wifi" || len(r.recordedWaits()) > 0 {
		t.Errorf("got %v, waits %v", err, r.recordedWaits())
	}
}

// short is an idle timeout for tests.
func short(o *registry.Options) { o.IdleTimeout = 200 * time.Millisecond }

func TestServerThatNeverAnswersEndsTheRequestAfterThreeAttempts(t *testing.T) {
	t.Parallel()
	for _, kind := range requestKinds {
		t.Run(kind.name, func(t *testing.T) {
			t.Parallel()
			var announced atomic.Int32
			sc := newScenario(t, openWorld(), short, func(o *registry.Options) {
				o.OnSilence = func(_, operation string, silent, left time.Duration) {
					if operation != "" && silent > 0 && left > 0 {
						announced.Add(1)
					}
				}
			})
			sc.ghcr.Inject(always(kind, ghcrtest.Stall{}))
			err := sc.run()
			if err == nil || !strings.Contains(err.Error(), "within 450ms") {
				t.Errorf("got %v, want the third idle timeout", err)
			}
			if got := sc.counts()[kind.class] - kind.after; got != 3 || announced.Load() < 3 {
				t.Errorf("%d requests and %d notices, want 3 and at least 3", got, announced.Load())
			}
		})
	}
}

func TestBodyThatTricklesEndsTheAttempt(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, path string
		status     int
	}{
		{"token", "/token", 200},
		{"manifest", "/manifests/", 200},
		{"tags", "/tags/list", 200},
		{"blob", "/ghcr1/", 200},
		{"upload session", "/blobs/uploads/", 202},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			sc := newScenario(t, openWorld(), short)
			sc.ghcr.Inject(ghcrtest.Fault{Path: tc.path, Times: 2, Effect: ghcrtest.Trickle{Status: tc.status, Pause: 20 * time.Millisecond}})
			if err := sc.run(); err != nil && tc.name != "blob" { // the trickled bytes of a blob are wrong bytes
				t.Errorf("got %v", err)
			}
			if got := len(sc.recordedWaits()); got == 0 || got > 3 {
				t.Errorf("%d waits, want one for each attempt", got)
			}
		})
	}
}

func TestBodyOfAnErrorThatTricklesDoesNotDelayTheRun(t *testing.T) {
	t.Parallel()
	sc := newScenario(t, openWorld())
	sc.ghcr.Inject(ghcrtest.Fault{Method: "GET", Path: "/manifests/", Effect: ghcrtest.Trickle{Status: 500, Pause: 100 * time.Millisecond}})
	begin := time.Now()
	if err := sc.run(); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(begin); took > 60*time.Second {
		t.Errorf("the run took %s", took)
	}
	sc.wantFirstWait(300*time.Millisecond, 450*time.Millisecond)
}

// A slow reader of a download is not a fault of the server.
func TestSlowReaderOfADownloadIsNotAFault(t *testing.T) {
	t.Parallel()
	sc := newScenario(t, openWorld(), short)
	body, err := sc.client.Blob(t.Context(), sc.repo, descriptor(seeded))
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	for range 3 {
		time.Sleep(300 * time.Millisecond)
		if _, err := body.Read(make([]byte, 100)); err != nil {
			t.Fatal(err)
		}
	}
	if len(sc.recordedWaits()) > 0 {
		t.Errorf("waits %v", sc.recordedWaits())
	}
}

func TestEndlessBodyIsNotReadToItsEnd(t *testing.T) {
	t.Parallel()
	r := newFixture(t, openWorld())
	r.ghcr.Inject(
		ghcrtest.Fault{Path: "/token", Times: ghcrtest.Always, Effect: ghcrtest.Answer{Status: 404}},
		ghcrtest.Fault{Path: "/v2/", Effect: ghcrtest.Endless{Status: http.StatusOK}},
	)
	_ = probePush(t.Context(), r.client, r.host) // the registry then refuses the anonymous request
	if read := r.client.Counters.BytesRead.Load(); read > 4<<20 {
		t.Errorf("%d bytes were read", read)
	}
}

func TestCreatedWithoutAMountAndWithoutALocationIsAnError(t *testing.T) {
	t.Parallel()
	for _, blob := range []*image.Blob{knownBlob(fixed), pendingBlob(fixed)} {
		r := newFixture(t, openWorld())
		r.ghcr.Inject(ghcrtest.Fault{Method: "POST", Times: ghcrtest.Always, Effect: ghcrtest.Answer{Status: 201}})
		var missing *registry.LocationError
		if _, _, err := r.client.Upload(t.Context(), r.repo, blob, nil); !errors.As(err, &missing) || !missing.Missing {
			t.Errorf("got %v", err)
		}
	}
}

// Each request needs a token. Without a memory, each request would wait for the token
// endpoint again.
func TestTokenEndpointThatFailsIsTriedOnceByLaterRequests(t *testing.T) {
	t.Parallel()
	r := newFixture(t, openWorld())
	r.push("1")
	r.ghcr.Inject(ghcrtest.Fault{Path: "/token", Times: 12, Effect: ghcrtest.Answer{Status: 503}})
	for range 3 {
		if err := manifest(t.Context(), r.client, r.host); err == nil {
			t.Error("a request succeeded without a token")
		}
	}
	if got := r.counts()[ghcrtest.ClassToken]; got != 8+1+1 || len(r.recordedWaits()) != 7 {
		t.Errorf("%d token requests and %d waits, want 10 and 7", got, len(r.recordedWaits()))
	}
	for range 3 { // the fault ends
		_ = manifest(t.Context(), r.client, r.host)
	}
	if err := manifest(t.Context(), r.client, r.host); err != nil {
		t.Errorf("after the fault: %v", err)
	}
}

// A job ends after six hours, so the run does not accept a longer wait.
func TestWaitOfManyHoursIsAnError(t *testing.T) {
	t.Parallel()
	for _, after := range []string{"999999999", "Fri, 31 Dec 9999 23:59:59 GMT"} {
		r := newFixture(t, openWorld())
		r.ghcr.Inject(ghcrtest.Fault{Method: "PUT", Path: "/manifests/", Effect: ghcrtest.Answer{Status: 429, RetryAfter: after}})
		err := r.client.PutManifest(t.Context(), r.repo.Tag("1"), artifact(fixed))
		if err == nil || !strings.Contains(err.Error(), "more than 6 hours") || len(r.recordedWaits()) > 0 {
			t.Errorf("%s: got %v, waits %v", after, err, r.recordedWaits())
		}
	}
}

// While the host answers other uploads, a fault of one upload passes, although the same
// upload fails more than eight times.
func TestUploadContinuesWhileTheHostAnswersOtherUploads(t *testing.T) {
	t.Parallel()
	r := newFixture(t, openWorld())
	failing := hashOf(fixed).Hex
	var failures atomic.Int32
	r.before = func(w http.ResponseWriter, req *http.Request) bool {
		if req.Method != http.MethodPut || !strings.Contains(req.URL.RawQuery, failing) || failures.Add(1) > 12 {
			return false
		}
		_, _, err := r.client.Upload(t.Context(), r.repo, knownBlob([]byte(fmt.Sprint("other ", failures.Load()))), nil)
		if err != nil {
			t.Error(err)
		}
		w.WriteHeader(http.StatusServiceUnavailable)
		return true
	}
	if _, _, err := r.client.Upload(t.Context(), r.repo, knownBlob(fixed), nil); err != nil {
		t.Error(err)
	}
	for _, d := range r.recordedWaits() {
		if d > time.Second {
			t.Errorf("a wait of %s, although the host answers", d)
		}
	}
}
