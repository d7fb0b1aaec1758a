package registry_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
)

// A registry that has accepted a write contradicts itself if it refuses the next write.
func TestRefusalAfterAnAcceptedWriteIsRepeated(t *testing.T) {
	t.Parallel()
	denied := ghcrtest.Answer{Status: http.StatusForbidden, Code: "DENIED", Message: "denied"}
	expired := ghcrtest.Answer{Status: http.StatusUnauthorized, Code: "UNAUTHORIZED", Challenge: true}
	cases := []struct {
		name, method, path string
		accepted           bool // The registry accepts a write before the fault.
		effect             ghcrtest.Answer
		times, requests    int
		class              ghcrtest.Class
	}{
		{"manifest, once", "PUT", "/manifests/", true, denied, 1, 2, ghcrtest.ClassPutManifest},
		{"manifest, always", "PUT", "/manifests/", true, denied, ghcrtest.Always, 3, ghcrtest.ClassPutManifest},
		{"blob, once", "PUT", "/blobs/upload/", true, denied, 1, 2, ghcrtest.ClassPutUpload},
		{"first write", "POST", "/blobs/uploads/", false, denied, ghcrtest.Always, 1, ghcrtest.ClassPostUpload},
		{"token for a manifest, three times", "PUT", "/manifests/", true, expired, 3, 4, ghcrtest.ClassPutManifest},
		{"token for a manifest, always", "PUT", "/manifests/", true, expired, ghcrtest.Always, 4, ghcrtest.ClassPutManifest},
		{"token for a blob, four times", "PUT", "/blobs/upload/", true, expired, 4, 5, ghcrtest.ClassPutUpload},
		{"token for the first write", "POST", "/blobs/uploads/", false, expired, ghcrtest.Always, 2, ghcrtest.ClassPostUpload},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := newFixture(t, openWorld())
			if tc.accepted {
				if err := r.client.ProbePush(t.Context(), r.repo); err != nil {
					t.Fatal(err)
				}
			}
			r.ghcr.Inject(ghcrtest.Fault{Method: tc.method, Path: tc.path, Times: tc.times, Effect: tc.effect})
			_, _, err := r.client.Upload(t.Context(), r.repo, knownBlob(fixed), nil)
			if err == nil {
				err = r.client.PutManifest(t.Context(), r.repo.Tag("1"), artifact(fixed))
			}
			if passes := tc.times != ghcrtest.Always; passes != (err == nil) || (!passes && !registry.IsRefused(err)) {
				t.Errorf("got %v", err)
			}
			if got := r.counts()[tc.class]; got != tc.requests {
				t.Errorf("%d requests, want %d", got, tc.requests)
			}
		})
	}
}

// contraryAttempts returns the number of attempts and waits of a request whose refusal
// contradicts an earlier response. In the scenario, the registry has opened an upload
// session before it refuses another write. The challenge contains the realm of the token
// endpoint that does not exist.
func contraryAttempts(class ghcrtest.Class, status int) (attempts, waits int) {
	later := []ghcrtest.Class{ghcrtest.ClassPutUpload, ghcrtest.ClassPatchUpload, ghcrtest.ClassPutManifest}
	switch {
	case status == http.StatusForbidden && slices.Contains(later, class):
		return 3, 2
	case status == http.StatusNotFound && class == ghcrtest.ClassToken:
		return 2, 0
	}
	return 1, 0
}

// A refused read can mean that the object does not exist, so the client does not
// repeat the read.
func TestRefusedReadAfterAnAcceptedWriteIsNotRepeated(t *testing.T) {
	t.Parallel()
	r := newFixture(t, openWorld())
	r.push("1")
	r.ghcr.Inject(ghcrtest.Fault{Method: "GET", Path: "/manifests/", Effect: ghcrtest.Answer{Status: http.StatusForbidden, Code: "DENIED"}})
	if err := manifest(t.Context(), r.client, r.host); !registry.IsRefused(err) {
		t.Errorf("got %v", err)
	}
}

// The challenge names the realm that the client assumed, so the token service exists.
func TestTokenServiceThatIsMissingOnceIsAskedAgain(t *testing.T) {
	t.Parallel()
	r := newFixture(t, openWorld())
	r.ghcr.Inject(ghcrtest.Fault{Path: "/token", Effect: ghcrtest.Answer{Status: http.StatusNotFound}})
	if err := r.client.ProbePush(t.Context(), r.repo); err != nil {
		t.Error(err)
	}
}

// truncated writes the first part of a body once, and then the whole body. The
// Content-Length matches the part, so only the JSON shows that the body is incomplete.
func truncated(whole string, always bool) (http.HandlerFunc, *atomic.Int32) {
	requests := new(atomic.Int32)
	return func(w http.ResponseWriter, _ *http.Request) {
		body := whole
		if requests.Add(1) == 1 || always {
			body = whole[:len(whole)/2]
		}
		_, _ = fmt.Fprint(w, body)
	}, requests
}

// The request for a tag does not contain the digest, and this registry sends no digest.
func TestIncompleteJSONIsReadAgain(t *testing.T) {
	t.Parallel()
	for _, always := range []bool{false, true} {
		for _, part := range []string{"manifest", "token"} {
			t.Run(fmt.Sprintf("%s, always %v", part, always), func(t *testing.T) {
				t.Parallel()
				answer, manifests := truncated(string(artifact(fixed).Raw), always && part == "manifest")
				tokens, exchanges := truncated(`{"token":"T"}`, always && part == "token")
				s := registryWith(t, answer, map[string]http.HandlerFunc{"/token": tokens})
				c, _ := newClient(t, s.URL, nil)
				err := manifest(t.Context(), c, hostOf(s))
				requests := map[string]int32{"manifest": manifests.Load(), "token": exchanges.Load()}[part]
				if !always && (err != nil || requests != 2) {
					t.Errorf("got %v after %d requests", err, requests)
				}
				if always && requests != 6 {
					t.Errorf("%d requests, want 6", requests)
				}
				if always && part == "manifest" && (err == nil || !strings.Contains(err.Error(), "not complete JSON")) {
					t.Errorf("got %v", err)
				}
			})
		}
	}
}
