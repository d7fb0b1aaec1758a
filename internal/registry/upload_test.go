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
	r := newRig(t, open())
	desc, way, err := r.client.Upload(t.Context(), r.repo, pending(streamed), nil)
	if err != nil || way != registry.Uploaded {
		t.Fatalf("got %q, %v", way, err)
	}
	if desc.Digest != hashOf(streamed) || desc.Size != bodySize || desc.MediaType == "" {
		t.Errorf("got %+v", desc)
	}
	r.holds(streamed)
	if got := r.counts(); got[ghcrtest.ClassPatchUpload] != 1 || got[ghcrtest.ClassHeadBlob] != 0 || r.total() != 4 {
		t.Errorf("got %v", got)
	}
}

var errDisk = errors.New("reading the layer: input/output error")

// failing gives some bytes and then the disk's error.
func failing(content []byte) func(context.Context) (io.ReadCloser, error) {
	return func(context.Context) (io.ReadCloser, error) {
		return io.NopCloser(io.MultiReader(bytes.NewReader(content), errReader{})), nil
	}
}

type errReader struct{}

func (errReader) Read([]byte) (int, error) { return 0, errDisk }

// What is wrong with the source is its own error, and no other attempt mends
// it. A registry never gets all of a wrong blob.
func TestErrorOfTheSourceIsNotTriedAgain(t *testing.T) {
	t.Parallel()
	wrong := func(err error) bool { return errors.As(err, new(*registry.WrongContent)) }
	disk := func(err error) bool { return errors.Is(err, errDisk) }
	large := pattern("large", 1<<20)
	cases := []struct {
		name string
		blob *image.Blob
		is   func(error) bool
	}{
		{"other bytes", &image.Blob{Descriptor: descriptor(fixed), Open: reading(seeded)}, wrong},
		{"too few", &image.Blob{Descriptor: descriptor(fixed), Open: reading(fixed[:1000])}, wrong},
		{"too many", &image.Blob{Descriptor: descriptor(fixed), Open: reading(append(slices.Clone(fixed), 'x'))}, wrong},
		{"other bytes, small", &image.Blob{Descriptor: descriptor([]byte("ab")), Open: reading([]byte("cd"))}, wrong},
		{"broken in the middle", &image.Blob{Descriptor: descriptor(large), Open: failing(large[:1<<19])}, disk},
		{"broken stream", &image.Blob{PlainSize: 1 << 20, Open: failing(large)}, disk},
		{"cannot be opened", &image.Blob{Descriptor: descriptor(fixed), Open: func(context.Context) (io.ReadCloser, error) { return nil, errDisk }}, disk},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, open())
			_, _, err := r.client.Upload(t.Context(), r.repo, tc.blob, nil)
			if !tc.is(err) {
				t.Errorf("got %v", err)
			}
			if len(r.waited()) > 0 || r.counts()[ghcrtest.ClassPostUpload] != 1 {
				t.Errorf("waited %v, sent %v", r.waited(), r.counts())
			}
			if _, err := r.ghcr.Blob("acme/web", tc.blob.Descriptor.Digest.String()); err == nil {
				t.Error("the registry has the blob")
			}
		})
	}
}

func TestProgressEndsAtTheSize(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		blob   *image.Blob
		method string
		effect ghcrtest.Effect
	}{
		{name: "clean", blob: known(fixed)},
		{name: "reset in the body", blob: known(fixed), method: "PUT", effect: ghcrtest.Reset{RequestBytes: 40 << 10}},
		{name: "503", blob: known(fixed), method: "PUT", effect: ghcrtest.Answer{Status: 503}},
		{name: "401", blob: known(fixed), method: "PUT", effect: ghcrtest.Answer{Status: 401, Code: "UNAUTHORIZED", Challenge: true}},
		{name: "stream", blob: pending(fixed), method: "PATCH", effect: ghcrtest.Reset{RequestBytes: 40 << 10}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, open())
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
				t.Errorf("got %v, %d bytes in the end and %d at the least", err, sum, least)
			}
		})
	}
}

func TestMount(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name    string
		noMount bool
		refusal int
		way     registry.Way
		posts   int
	}{
		{name: "honoured", way: registry.Mounted, posts: 1},
		{name: "answered with a session", noMount: true, way: registry.Uploaded, posts: 1},
		{name: "refused with 403", refusal: 403, way: registry.Uploaded, posts: 2},
		{name: "refused with 404", refusal: 404, way: registry.Uploaded, posts: 2},
		{name: "refused with 405", refusal: 405, way: registry.Uploaded, posts: 2},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			config := open()
			config.Answers.NoMount = tc.noMount
			r := newRig(t, config)
			r.ghcr.AddPackage(ghcrtest.Package{Name: "acme/base", Visibility: ghcrtest.Public})
			if _, err := r.ghcr.AddBlob("acme/base", fixed); err != nil {
				t.Fatal(err)
			}
			if tc.refusal != 0 {
				r.ghcr.Inject(ghcrtest.Fault{Method: "POST", Path: "mount=", Effect: ghcrtest.Answer{Status: tc.refusal, Code: "DENIED", Message: "denied"}})
			}
			r.client.Expect(r.repo, registry.Push)
			r.client.Expect(r.at("acme/base"), registry.Pull)
			blob := known(fixed)
			blob.MountFrom = []name.Repository{r.at("acme/base")}
			_, way, err := r.client.Upload(t.Context(), r.repo, blob, nil)
			if err != nil || way != tc.way || r.counts()[ghcrtest.ClassPostUpload] != tc.posts {
				t.Errorf("got %q, %v, %v", way, err, r.counts())
			}
			r.holds(fixed)
		})
	}
}

func TestSessionWithoutALocation(t *testing.T) {
	t.Parallel()
	for _, location := range []string{"", "http://[::1", "http://%zz"} {
		r := newRig(t, open())
		r.before = func(w http.ResponseWriter, req *http.Request) bool {
			if req.Method != http.MethodPost {
				return false
			}
			w.Header().Set("Location", location)
			w.WriteHeader(http.StatusAccepted)
			return true
		}
		_, _, err := r.client.Upload(t.Context(), r.repo, known(fixed), nil)
		if err == nil || !strings.Contains(err.Error(), "without a usable Location") || len(r.waited()) > 0 {
			t.Errorf("%q: got %v, waits %v", location, err, r.waited())
		}
	}
}

func TestAbsoluteLocationIsFollowed(t *testing.T) {
	t.Parallel()
	config := open()
	config.Answers.AbsoluteLocation = true
	r := newRig(t, config)
	r.upload("acme/web", known(fixed))
	r.upload("acme/web", pending(streamed))
	r.holds(fixed)
	r.holds(streamed)
}
