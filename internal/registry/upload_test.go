package registry_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
)

func TestPendingBlobIsStreamedInOnePatch(t *testing.T) {
	t.Parallel()
	r := newFixture(t, openWorld())
	desc, outcome, err := r.client.Upload(t.Context(), r.repo, pendingBlob(streamed), nil)
	if err != nil || outcome != registry.Uploaded {
		t.Fatalf("got %q, %v", outcome, err)
	}
	if desc.Digest != hashOf(streamed) || desc.Size != bodySize || desc.MediaType == "" {
		t.Errorf("got %+v", desc)
	}
	r.wantBlob(streamed)
	if got := r.counts(); got[ghcrtest.ClassPatchUpload] != 1 || got[ghcrtest.ClassHeadBlob] != 0 || r.total() != 4 {
		t.Errorf("got %v", got)
	}
}

var errDisk = errors.New("reading the layer: input/output error")

// failing returns a source that gives the content and then an error of the disk.
func failing(content []byte) func(context.Context) (io.ReadCloser, error) {
	return func(context.Context) (io.ReadCloser, error) {
		return io.NopCloser(io.MultiReader(bytes.NewReader(content), errReader{})), nil
	}
}

type errReader struct{}

func (errReader) Read([]byte) (int, error) { return 0, errDisk }

// Another attempt reads the same source, so the upload is not retried. A registry
// never receives all bytes of a wrong blob.
func TestErrorOfTheSourceIsNotRetried(t *testing.T) {
	t.Parallel()
	wrong := func(err error) bool { return errors.As(err, new(*registry.WrongContent)) }
	disk := func(err error) bool { return errors.Is(err, errDisk) }
	large := repeatedText("large", 1<<20)
	cases := []struct {
		name string
		blob *image.Blob
		is   func(error) bool
	}{
		{"other bytes", &image.Blob{Descriptor: descriptor(fixed), Open: opener(seeded)}, wrong},
		{"too few bytes", &image.Blob{Descriptor: descriptor(fixed), Open: opener(fixed[:1000])}, wrong},
		{"too many bytes", &image.Blob{Descriptor: descriptor(fixed), Open: opener(append(slices.Clone(fixed), 'x'))}, wrong},
		{"other bytes, small", &image.Blob{Descriptor: descriptor([]byte("ab")), Open: opener([]byte("cd"))}, wrong},
		{"error in the middle", &image.Blob{Descriptor: descriptor(large), Open: failing(large[:1<<19])}, disk},
		{"error in a stream", &image.Blob{PlainSize: 1 << 20, Open: failing(large)}, disk},
		{"error of open", &image.Blob{Descriptor: descriptor(fixed), Open: func(context.Context) (io.ReadCloser, error) { return nil, errDisk }}, disk},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := newFixture(t, openWorld())
			_, _, err := r.client.Upload(t.Context(), r.repo, tc.blob, nil)
			if !tc.is(err) {
				t.Errorf("got %v", err)
			}
			if len(r.recordedWaits()) > 0 || r.counts()[ghcrtest.ClassPostUpload] != 1 {
				t.Errorf("waits %v, requests %v", r.recordedWaits(), r.counts())
			}
			if _, err := r.ghcr.Blob("acme/web", tc.blob.Descriptor.Digest.String()); err == nil {
				t.Error("the registry has the blob")
			}
		})
	}
}

func TestProgressSumsToTheSize(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		blob   *image.Blob
		method string
		effect ghcrtest.Effect
	}{
		{name: "no fault", blob: knownBlob(fixed)},
		{name: "reset in the body", blob: knownBlob(fixed), method: "PUT", effect: ghcrtest.Reset{RequestBytes: 40 << 10}},
		{name: "503", blob: knownBlob(fixed), method: "PUT", effect: ghcrtest.Answer{Status: 503}},
		{name: "401", blob: knownBlob(fixed), method: "PUT", effect: ghcrtest.Answer{Status: 401, Code: "UNAUTHORIZED", Challenge: true}},
		{name: "stream", blob: pendingBlob(fixed), method: "PATCH", effect: ghcrtest.Reset{RequestBytes: 40 << 10}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := newFixture(t, openWorld())
			r.ghcr.Inject(ghcrtest.Fault{Method: tc.method, Path: "/blobs/upload/", Effect: tc.effect})
			var mu sync.Mutex
			var sum, least int64
			_, _, err := r.client.Upload(t.Context(), r.repo, tc.blob, func(n int64) {
				mu.Lock()
				defer mu.Unlock()
				sum += n
				least = min(least, sum)
			})
			if err != nil || sum != bodySize || least < 0 {
				t.Errorf("got %v, a sum of %d bytes and a lowest sum of %d", err, sum, least)
			}
		})
	}
}

func TestMountFallsBackToAnUpload(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name    string
		noMount bool
		refusal int
		outcome registry.BlobOutcome
		posts   int
	}{
		{name: "mounted", outcome: registry.Mounted, posts: 1},
		{name: "answered with a session", noMount: true, outcome: registry.Uploaded, posts: 1},
		{name: "refused with 403", refusal: 403, outcome: registry.Uploaded, posts: 2},
		{name: "refused with 404", refusal: 404, outcome: registry.Uploaded, posts: 2},
		{name: "refused with 405", refusal: 405, outcome: registry.Uploaded, posts: 2},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			config := openWorld()
			config.Answers.NoMount = tc.noMount
			r := newFixture(t, config)
			r.ghcr.AddPackage(ghcrtest.Package{Name: "acme/base", Visibility: ghcrtest.Public})
			if _, err := r.ghcr.AddBlob("acme/base", fixed); err != nil {
				t.Fatal(err)
			}
			if tc.refusal != 0 {
				r.ghcr.Inject(ghcrtest.Fault{Method: "POST", Path: "mount=", Effect: ghcrtest.Answer{Status: tc.refusal, Code: "DENIED", Message: "denied"}})
			}
			r.client.Expect(r.repo, registry.Push)
			r.client.Expect(r.at("acme/base"), registry.Pull)
			blob := knownBlob(fixed)
			blob.MountFrom = []name.Repository{r.at("acme/base")}
			_, outcome, err := r.client.Upload(t.Context(), r.repo, blob, nil)
			if err != nil || outcome != tc.outcome || r.counts()[ghcrtest.ClassPostUpload] != tc.posts {
				t.Errorf("got %q, %v, %v", outcome, err, r.counts())
			}
			r.wantBlob(fixed)
		})
	}
}

func TestCreatedWithoutAMountIsNotAMount(t *testing.T) {
	t.Parallel()
	for _, blob := range []*image.Blob{knownBlob(fixed), pendingBlob(streamed)} {
		r := newFixture(t, openWorld())
		r.before = func(w http.ResponseWriter, req *http.Request) bool {
			if req.Method == http.MethodPost {
				w.WriteHeader(http.StatusCreated)
			}
			return req.Method == http.MethodPost
		}
		_, outcome, err := r.client.Upload(t.Context(), r.repo, blob, nil)
		if err == nil || outcome == registry.Mounted || !strings.Contains(err.Error(), "no valid Location") {
			t.Errorf("got %q, %v", outcome, err)
		}
	}
}

func TestSessionWithoutAValidLocationIsAnError(t *testing.T) {
	t.Parallel()
	for _, location := range []string{"", "http://[::1", "http://%zz"} {
		r := newFixture(t, openWorld())
		r.before = func(w http.ResponseWriter, req *http.Request) bool {
			if req.Method != http.MethodPost {
				return false
			}
			w.Header().Set("Location", location)
			w.WriteHeader(http.StatusAccepted)
			return true
		}
		_, _, err := r.client.Upload(t.Context(), r.repo, knownBlob(fixed), nil)
		if err == nil || !strings.Contains(err.Error(), "no valid Location") || len(r.recordedWaits()) > 0 {
			t.Errorf("%q: got %v, waits %v", location, err, r.recordedWaits())
		}
	}
}

func TestAbsoluteLocationIsUsed(t *testing.T) {
	t.Parallel()
	config := openWorld()
	config.Answers.AbsoluteLocation = true
	r := newFixture(t, config)
	r.upload("acme/web", knownBlob(fixed))
	r.upload("acme/web", pendingBlob(streamed))
	r.wantBlob(fixed)
	r.wantBlob(streamed)
}
