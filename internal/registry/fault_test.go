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

// bodySize is that of each blob: large enough for a connection of its own.
const bodySize = 100 << 10

var (
	seeded   = pattern("seeded", bodySize)
	fixed    = pattern("fixed", bodySize)
	streamed = pattern("streamed", bodySize)
)

// journey makes one request of every kind there is.
type journey struct{ *rig }

func newJourney(t *testing.T, config ghcrtest.Config, change ...func(*registry.Options)) *journey {
	t.Helper()
	j := &journey{newRig(t, config, change...)}
	j.ghcr.AddPackage(ghcrtest.Package{Name: "acme/web", Visibility: ghcrtest.Private, Repository: "acme/web"})
	if _, err := j.ghcr.AddBlob("acme/web", seeded); err != nil {
		t.Fatal(err)
	}
	m := artifact(seeded)
	j.ghcr.AddManifest("acme/web", "1", string(m.Descriptor.MediaType), m.Raw)
	j.client.Expect(j.repo, registry.Push)
	return j
}

// travel stops at the first step that fails.
func (j *journey) travel() error {
	for _, step := range []func() error{j.look, j.send, j.fetch} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func (j *journey) look() error {
	desc, err := j.client.Head(j.t.Context(), j.repo.Tag("1"))
	if err != nil || desc.Digest != artifact(seeded).Descriptor.Digest {
		return errors.Join(err, fmt.Errorf("HEAD manifest: %s", desc.Digest))
	}
	there, err := j.client.HasBlob(j.t.Context(), j.repo, hashOf(seeded))
	if err == nil && !there {
		err = errors.New("HEAD blob: not there")
	}
	return err
}

func (j *journey) send() error {
	for _, content := range [][]byte{fixed, streamed} {
		blob := known(content)
		if bytes.Equal(content, streamed) {
			blob = pending(content)
		}
		desc, _, err := j.client.Upload(j.t.Context(), j.repo, blob, nil)
		if err != nil {
			return err
		}
		if desc.Digest != hashOf(content) || desc.Size != bodySize {
			return fmt.Errorf("uploading: got %s of %d bytes", desc.Digest, desc.Size)
		}
		j.holds(content)
	}
	return j.client.PutManifest(j.t.Context(), j.repo.Tag("2"), artifact(fixed))
}

func (j *journey) fetch() error {
	_, raw, err := j.client.Manifest(j.t.Context(), j.repo.Tag("2"))
	if err != nil || !bytes.Equal(raw, artifact(fixed).Raw) {
		return errors.Join(err, fmt.Errorf("GET manifest: %s", raw))
	}
	body, err := j.client.Blob(j.t.Context(), j.repo, descriptor(seeded))
	if err != nil {
		return err
	}
	content, err := io.ReadAll(body)
	if err = errors.Join(err, body.Close()); err != nil {
		return err
	}
	if !bytes.Equal(content, seeded) {
		return errors.New("GET blob: other bytes")
	}
	tags, err := j.client.Tags(j.t.Context(), j.repo)
	if err == nil && !slices.Equal(tags, []string{"1", "2"}) {
		err = fmt.Errorf("GET tags: %v", tags)
	}
	return err
}

// place is a kind of request, and how a fault finds the first of it.
type place struct {
	name         string
	class        ghcrtest.Class
	method, path string
	after        int
	body         int64 // bytes that a failed attempt may have sent
}

// places are all kinds of requests.
var places = []place{
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

// cleanRequests is a journey without a fault: one request a place, and the
// second upload's POST.
const cleanRequests = 13

func TestCleanJourneyTakesOneRequestAStep(t *testing.T) {
	t.Parallel()
	j := newJourney(t, open())
	if err := j.travel(); err != nil {
		t.Fatal(err)
	}
	if got := j.total(); got != cleanRequests || len(j.waited()) != 0 {
		t.Errorf("got %d requests (%v) and waits %v, want %d and none", got, j.counts(), j.waited(), cleanRequests)
	}
}

// healing are the faults that pass, with the wait that each asks for.
var healing = []struct {
	name      string
	effect    ghcrtest.Effect
	least     time.Duration // of the wait before the second attempt
	most      time.Duration
	notOnHEAD bool // it is in the words of the answer only
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
	{name: "429 with a date", effect: ghcrtest.Answer{Status: 429, RetryAfter: date(time.Hour)}, least: 50 * time.Minute, most: time.Hour},
	{name: "429 in the text", effect: ghcrtest.TooManyRequests("10.305464ms"), least: time.Second, most: 1500 * time.Millisecond},
	{name: "429 in the text, long", effect: ghcrtest.TooManyRequests("90s"), least: 90 * time.Second, most: 90 * time.Second, notOnHEAD: true},
	{name: "secondary rate limit", effect: ghcrtest.SecondaryRateLimit(), least: 2 * time.Minute, most: 3 * time.Minute, notOnHEAD: true},
	// On a used connection net/http itself sends what has no body once more.
	{name: "reset", effect: ghcrtest.Reset{}, most: 450 * time.Millisecond},
	{name: "connection closed after the answer", effect: ghcrtest.CloseConnection{}},
}

// always is a fault that does not pass.
func always(at place, effect ghcrtest.Effect) ghcrtest.Fault {
	return ghcrtest.Fault{Method: at.method, Path: at.path, After: at.after, Times: ghcrtest.Always, Effect: effect}
}

func date(in time.Duration) string { return time.Now().Add(in).UTC().Format(http.TimeFormat) }

func TestOneFaultAnywhereIsHealed(t *testing.T) {
	t.Parallel()
	for _, place := range places {
		for _, fault := range healing {
			if fault.notOnHEAD && place.method == "HEAD" {
				continue
			}
			t.Run(place.name+", "+fault.name, func(t *testing.T) {
				t.Parallel()
				j := newJourney(t, open())
				j.ghcr.Inject(ghcrtest.Fault{Method: place.method, Path: place.path, After: place.after, Effect: fault.effect})
				if err := j.travel(); err != nil {
					t.Fatalf("%v\n%v", err, j.counts())
				}
				j.within(place.body)
				j.waitedBetween(fault.least, fault.most)
			})
		}
	}
}

// within holds the journey against the limits of one fault: twice the
// requests of a clean run, and only the body that was hit sent again.
func (j *journey) within(body int64) {
	j.t.Helper()
	if got := j.total(); got > 2*cleanRequests {
		j.t.Errorf("got %d requests: %v", got, j.counts())
	}
	clean := int64(2*bodySize + len(artifact(fixed).Raw))
	if got := j.received(); got < clean || got > clean+body {
		j.t.Errorf("got %d bytes, want %d and at most %d twice", got, clean, body)
	}
}

func (j *journey) waitedBetween(least, most time.Duration) {
	j.t.Helper()
	waits := j.waited()
	if most == 0 {
		if len(waits) > 0 {
			j.t.Errorf("got waits %v, want none", waits)
		}
		return
	}
	if len(waits) == 0 && least == 0 {
		return
	}
	if len(waits) == 0 || waits[0] < least || waits[0] > most {
		j.t.Errorf("got waits %v, want the first between %v and %v", waits, least, most)
	}
	// The wait of a throttled host holds for its other requests too, which
	// meet the rest of it.
	for _, d := range waits {
		if d > waits[0] {
			j.t.Errorf("got waits %v: more than the first", waits)
		}
	}
}

func TestWhatCannotHealIsNotTriedAgain(t *testing.T) {
	t.Parallel()
	refusals := []ghcrtest.Answer{
		{Status: 400, Code: "DIGEST_INVALID", Message: "no such thing"},
		{Status: 403, Code: "DENIED", Message: "permission_denied: write_package"},
		{Status: 404, Code: "NAME_UNKNOWN", Message: "no such thing"},
		{Status: 413, Code: "SIZE_INVALID", Message: "no such thing"},
	}
	for _, place := range places {
		for _, refusal := range refusals {
			if place.class == ghcrtest.ClassHeadBlob && refusal.Status != 400 && refusal.Status != 413 {
				continue // that is an answer: not known to be there
			}
			t.Run(fmt.Sprint(place.name, ", ", refusal.Status), func(t *testing.T) {
				t.Parallel()
				j := newJourney(t, open())
				j.ghcr.Inject(ghcrtest.Fault{Method: place.method, Path: place.path, After: place.after, Times: ghcrtest.Always, Effect: refusal})
				err := j.travel()
				var answer *registry.Error
				if !errors.As(err, &answer) || answer.Status != refusal.Status {
					t.Fatalf("got %v, want the answer %d", err, refusal.Status)
				}
				if got := j.counts()[place.class]; got != 1+place.after {
					t.Errorf("sent %d times", got)
				}
				if len(j.waited()) > 0 {
					t.Errorf("waited %v", j.waited())
				}
				if want := refusal.Message; place.method != "HEAD" && answer.Words() != want {
					t.Errorf("got the words %q, want %q", answer.Words(), want)
				}
			})
		}
	}
}

func TestDeadServerIsGivenUpWithoutAStorm(t *testing.T) {
	t.Parallel()
	for _, place := range places {
		t.Run(place.name, func(t *testing.T) {
			t.Parallel()
			j := newJourney(t, open())
			j.ghcr.Inject(ghcrtest.Fault{Method: place.method, Path: place.path, After: place.after, Times: ghcrtest.Always, Effect: ghcrtest.Answer{Status: 503}})
			err := j.travel()
			var answer *registry.Error
			if !errors.As(err, &answer) || answer.Status != 503 {
				t.Fatalf("got %v, want the 503", err)
			}
			if got := j.counts()[place.class] - place.after; got != 8 {
				t.Errorf("sent %d times, want 8", got)
			}
			if got := len(j.waited()); got != 7 {
				t.Errorf("waited %d times, want 7: %v", got, j.waited())
			}
		})
	}
}
