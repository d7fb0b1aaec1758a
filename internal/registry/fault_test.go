package registry_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
)

// bodySize is the size of each blob. It is large enough for a separate
// connection.
const bodySize = 100 << 10

var (
	seeded   = repeatedText("seeded", bodySize)
	fixed    = repeatedText("fixed", bodySize)
	streamed = repeatedText("streamed", bodySize)
)

// scenario sends one request of every kind.
type scenario struct{ *fixture }

func newScenario(t *testing.T, config ghcrtest.Config, change ...func(*registry.Options)) *scenario {
	t.Helper()
	sc := &scenario{newFixture(t, config, change...)}
	sc.ghcr.AddPackage(ghcrtest.Package{Name: "acme/web", Visibility: ghcrtest.Private, Repository: "acme/web"})
	if _, err := sc.ghcr.AddBlob("acme/web", seeded); err != nil {
		t.Fatal(err)
	}
	m := artifact(seeded)
	sc.ghcr.AddManifest("acme/web", "1", string(m.Descriptor.MediaType), m.Raw)
	sc.client.Expect(sc.repo, registry.Push)
	return sc
}

// run stops at the first step that fails.
func (sc *scenario) run() error {
	for _, step := range []func() error{sc.probe, sc.push, sc.pull} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func (sc *scenario) probe() error {
	desc, err := sc.client.Head(sc.t.Context(), sc.repo.Tag("1"))
	if err != nil || desc.Digest != artifact(seeded).Descriptor.Digest {
		return errors.Join(err, fmt.Errorf("HEAD manifest: %s", desc.Digest))
	}
	exists, err := sc.client.HasBlob(sc.t.Context(), sc.repo, hashOf(seeded))
	if err == nil && !exists {
		err = errors.New("HEAD blob: absent")
	}
	return err
}

func (sc *scenario) push() error {
	for _, content := range [][]byte{fixed, streamed} {
		blob := knownBlob(content)
		if bytes.Equal(content, streamed) {
			blob = pendingBlob(content)
		}
		desc, _, err := sc.client.Upload(sc.t.Context(), sc.repo, blob, nil)
		if err != nil {
			return err
		}
		if desc.Digest != hashOf(content) || desc.Size != bodySize {
			return fmt.Errorf("uploading: got %s of %d bytes", desc.Digest, desc.Size)
		}
		sc.wantBlob(content)
	}
	return sc.client.PutManifest(sc.t.Context(), sc.repo.Tag("2"), artifact(fixed))
}

func (sc *scenario) pull() error {
	_, raw, err := sc.client.Manifest(sc.t.Context(), sc.repo.Tag("2"))
	if err != nil || !bytes.Equal(raw, artifact(fixed).Raw) {
		return errors.Join(err, fmt.Errorf("GET manifest: %s", raw))
	}
	body, err := sc.client.Blob(sc.t.Context(), sc.repo, descriptor(seeded))
	if err != nil {
		return err
	}
	content, err := io.ReadAll(body)
	if err = errors.Join(err, body.Close()); err != nil {
		return err
	}
	if !bytes.Equal(content, seeded) {
		return errors.New("GET blob: other content")
	}
	tags, err := sc.client.Tags(sc.t.Context(), sc.repo)
	if err == nil && !slices.Equal(tags, []string{"1", "2"}) {
		err = fmt.Errorf("GET tags: %v", tags)
	}
	return err
}

// requestKind selects the first request of one kind, for a fault.
type requestKind struct {
	name         string
	class        ghcrtest.Class
	method, path string
	after        int
	body         int64 // number of bytes that a failed attempt can send
}

// requestKinds lists all kinds of requests.
var requestKinds = []requestKind{
	{name: "token", class: ghcrtest.ClassToken, path: "/token"},
	{name: "HEAD manifest", class: ghcrtest.ClassHeadManifest, method: "HEAD", path: "/manifests/"},
	{name: "HEAD blob", class: ghcrtest.ClassHeadBlob, method: "HEAD", path: "/blobs/"},
	{name: "POST upload", class: ghcrtest.ClassPostUpload, method: "POST", path: "/blobs/uploads/"},
	{name: "PUT blob", class: ghcrtest.ClassPutUpload, method: "PUT", path: "/blobs/upload/", body: bodySize},
	{name: "PATCH upload", class: ghcrtest.ClassPatchUpload, method: "PATCH", path: "/blobs/upload/", body: bodySize},
	{name: "PUT after PATCH", class: ghcrtest.ClassPutUpload, method: "PUT", path: "/blobs/upload/", after: 1, body: bodySize},
	{name: "PUT manifest", class: ghcrtest.ClassPutManifest, method: "PUT", path: "/manifests/", body: 1 << 10},
	{name: "GET manifest", class: ghcrtest.ClassGetManifest, method: "GET", path: "/manifests/"},
	{name: "GET blob", class: ghcrtest.ClassGetBlob, method: "GET", path: "/v2/acme/web/blobs/"},
	{name: "download", class: ghcrtest.ClassDownload, method: "GET", path: "/ghcr1/blobs/"},
	{name: "GET tags", class: ghcrtest.ClassTags, method: "GET", path: "/tags/list"},
}

// faultlessRequests is the number of requests of a scenario without a fault: one
// request per kind, and the POST of the second upload.
const faultlessRequests = 13

func TestScenarioWithoutFaultsHasOneRequestPerStep(t *testing.T) {
	t.Parallel()
	sc := newScenario(t, openWorld())
	if err := sc.run(); err != nil {
		t.Fatal(err)
	}
	if got := sc.total(); got != faultlessRequests || len(sc.recordedWaits()) != 0 {
		t.Errorf("got %d requests (%v) and waits %v, want %d requests and no wait", got, sc.counts(), sc.recordedWaits(), faultlessRequests)
	}
}

// temporaryFaults lists faults after which a retry succeeds, with their waits.
var temporaryFaults = []struct {
	name      string
	effect    ghcrtest.Effect
	least     time.Duration // shortest wait before the second attempt
	most      time.Duration // longest wait before the second attempt
	notOnHEAD bool          // only the message contains the wait, and a response to HEAD has no message
}{
	{name: "500", effect: ghcrtest.Answer{Status: 500}, least: 300 * time.Millisecond, most: 450 * time.Millisecond},
	{name: "502", effect: ghcrtest.Answer{Status: 502}, least: 300 * time.Millisecond, most: 450 * time.Millisecond},
	{name: "503", effect: ghcrtest.Answer{Status: 503}, least: 300 * time.Millisecond, most: 450 * time.Millisecond},
	{name: "503 with Retry-After", effect: ghcrtest.Answer{Status: 503, RetryAfter: "4"}, least: 4 * time.Second, most: 4 * time.Second},
	{name: "504", effect: ghcrtest.Answer{Status: 504}, least: 300 * time.Millisecond, most: 450 * time.Millisecond},
	{name: "499", effect: ghcrtest.Answer{Status: 499}, least: 300 * time.Millisecond, most: 450 * time.Millisecond},
	{name: "522", effect: ghcrtest.Answer{Status: 522}, least: 300 * time.Millisecond, most: 450 * time.Millisecond},
	{name: "408", effect: ghcrtest.Answer{Status: 408}, least: 300 * time.Millisecond, most: 450 * time.Millisecond},
	{name: "401 with a challenge", effect: ghcrtest.Answer{Status: 401, Code: "UNAUTHORIZED", Challenge: true}},
	{name: "429 in seconds", effect: ghcrtest.Answer{Status: 429, RetryAfter: "7"}, least: 7 * time.Second, most: 7 * time.Second},
	{name: "429 with a date", effect: ghcrtest.Answer{Status: 429, RetryAfter: date(time.Hour)}, least: 30 * time.Minute, most: time.Hour}, // an emulated processor is slow, and the date is computed at the start
	{name: "429 in the message", effect: ghcrtest.TooManyRequests("10.305464ms"), least: time.Second, most: 1500 * time.Millisecond},
	{name: "429 in the message, long", effect: ghcrtest.TooManyRequests("90s"), least: 90 * time.Second, most: 90 * time.Second, notOnHEAD: true},
	{name: "secondary rate limit", effect: ghcrtest.SecondaryRateLimit(), least: 2 * time.Minute, most: 3 * time.Minute, notOnHEAD: true},
	// On a used connection net/http itself repeats a request without a body.
	{name: "reset", effect: ghcrtest.Reset{}, most: 450 * time.Millisecond},
	{name: "connection closed after the answer", effect: ghcrtest.CloseConnection{}},
}

// always returns a fault of all requests of one kind.
func always(at requestKind, effect ghcrtest.Effect) ghcrtest.Fault {
	return ghcrtest.Fault{Method: at.method, Path: at.path, After: at.after, Times: ghcrtest.Always, Effect: effect}
}

func date(in time.Duration) string { return time.Now().Add(in).UTC().Format(http.TimeFormat) }

func TestOneTemporaryFaultIsRetried(t *testing.T) {
	t.Parallel()
	for _, kind := range requestKinds {
		for _, fault := range temporaryFaults {
			if fault.notOnHEAD && kind.method == "HEAD" {
				continue
			}
			t.Run(kind.name+", "+fault.name, func(t *testing.T) {
				t.Parallel()
				sc := newScenario(t, openWorld())
				sc.ghcr.Inject(ghcrtest.Fault{Method: kind.method, Path: kind.path, After: kind.after, Effect: fault.effect})
				if err := sc.run(); err != nil {
					t.Fatalf("%v\n%v", err, sc.counts())
				}
				sc.wantCost(kind.body)
				sc.wantFirstWait(fault.least, fault.most)
			})
		}
	}
}

// wantCost checks the cost of one fault. The number of requests is at most twice
// the number without a fault, and at most body bytes are sent twice.
func (sc *scenario) wantCost(body int64) {
	sc.t.Helper()
	if got := sc.total(); got > 2*faultlessRequests {
		sc.t.Errorf("got %d requests: %v", got, sc.counts())
	}
	faultless := int64(2*bodySize + len(artifact(fixed).Raw))
	if got := sc.received(); got < faultless || got > faultless+body {
		sc.t.Errorf("got %d bytes, want %d and at most %d twice", got, faultless, body)
	}
}

// wantFirstWait checks the first wait. If the argument most is zero, no wait is
// allowed.
func (sc *scenario) wantFirstWait(least, most time.Duration) {
	sc.t.Helper()
	waits := sc.recordedWaits()
	if most == 0 {
		if len(waits) > 0 {
			sc.t.Errorf("got waits %v, want none", waits)
		}
		return
	}
	if len(waits) == 0 && least == 0 {
		return
	}
	if len(waits) == 0 || waits[0] < least || waits[0] > most {
		sc.t.Errorf("got waits %v, want the first between %v and %v", waits, least, most)
	}
	// The other requests to a throttled host are also delayed, until the first wait
	// ends.
	for _, d := range waits {
		if d > waits[0] {
			sc.t.Errorf("got waits %v, want none longer than the first", waits)
		}
	}
}

func TestPermanentErrorIsNotRetried(t *testing.T) {
	t.Parallel()
	refusals := []ghcrtest.Answer{
		{Status: 400, Code: "DIGEST_INVALID", Message: "no such thing"},
		{Status: 403, Code: "DENIED", Message: "permission_denied: write_package"},
		{Status: 404, Code: "NAME_UNKNOWN", Message: "no such thing"},
		{Status: 413, Code: "SIZE_INVALID", Message: "no such thing"},
	}
	for _, kind := range requestKinds {
		for _, refusal := range refusals {
			if kind.class == ghcrtest.ClassHeadBlob && refusal.Status != 400 && refusal.Status != 413 {
				continue // HasBlob returns false for these responses
			}
			t.Run(fmt.Sprint(kind.name, ", ", refusal.Status), func(t *testing.T) {
				t.Parallel()
				sc := newScenario(t, openWorld())
				sc.ghcr.Inject(ghcrtest.Fault{Method: kind.method, Path: kind.path, After: kind.after, Times: ghcrtest.Always, Effect: refusal})
				err := sc.run()
				var answer *registry.Error
				if !errors.As(err, &answer) || answer.Status != refusal.Status {
					t.Fatalf("got %v, want the status %d", err, refusal.Status)
				}
				attempts, waits := contraryAttempts(kind.class, refusal.Status)
				if got := sc.counts()[kind.class]; got != attempts+kind.after {
					t.Errorf("%d requests, want %d", got, attempts+kind.after)
				}
				if len(sc.recordedWaits()) != waits {
					t.Errorf("waits %v, want %d waits", sc.recordedWaits(), waits)
				}
				if want := refusal.Message; kind.method != "HEAD" && answer.ServerMessage() != want {
					t.Errorf("got the message %q, want %q", answer.ServerMessage(), want)
				}
			})
		}
	}
}

func TestServerWith503InAllAttemptsFailsAfterTheBudget(t *testing.T) {
	t.Parallel()
	for _, kind := range requestKinds {
		t.Run(kind.name, func(t *testing.T) {
			t.Parallel()
			sc := newScenario(t, openWorld())
			sc.ghcr.Inject(ghcrtest.Fault{Method: kind.method, Path: kind.path, After: kind.after, Times: ghcrtest.Always, Effect: ghcrtest.Answer{Status: 503}})
			err := sc.run()
			var answer *registry.Error
			if !errors.As(err, &answer) || answer.Status != 503 {
				t.Fatalf("got %v, want the 503", err)
			}
			if got := sc.counts()[kind.class] - kind.after; got != 8 {
				t.Errorf("%d requests, want 8", got)
			}
			if got := len(sc.recordedWaits()); got != 7 {
				t.Errorf("%d waits, want 7: %v", got, sc.recordedWaits())
			}
		})
	}
}
