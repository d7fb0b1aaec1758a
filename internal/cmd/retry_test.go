package cmd_test

import (
	"bytes"
	"net"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/cmd"
	"github.com/ghcr-publish/ghcr-publish/internal/diag/network"
	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
)

// TestTransientRefusalsAreRetried checks the rows of docs/ghcr.md, Refusals, that do not
// fail a publish. After one such response, the run repeats the request without a message
// and publishes the same image. TestRefusalsNameTheCauseAndTheCure checks the rows that
// need the user. Rows 22 and 25 cannot occur: the program deletes nothing in the
// registry, and GitHub does not start such a workflow.
func TestTransientRefusalsAreRetried(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, method, path string
		status             int
		code, message      string
	}{
		{"unknown token: the token is unknown for a moment", "PUT", "/manifests/", 401, "UNAUTHORIZED", "unauthenticated: User cannot be authenticated with the token provided."},
		{"authentication required: authentication required", "POST", "/blobs/uploads/", 401, "UNAUTHORIZED", "authentication required"},
		{"HEAD: HEAD of a blob is forbidden for a moment", "HEAD", "/blobs/", 403, "", ""},
		{"blob of a manifest: the registry does not know a blob yet", "PUT", "/manifests/", 400, "MANIFEST_BLOB_UNKNOWN", "blob unknown to registry"},
		{"upload session: the upload session is unknown", "PUT", "/blobs/upload/", 404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry"},
		{"upload session: the upload session is invalid", "PUT", "/blobs/upload/", 404, "BLOB_UPLOAD_INVALID", "blob upload invalid"},
		{"unknown blob: unknown blob", "PUT", "/manifests/", 400, "BLOB_UNKNOWN", "unknown blob"},
		{"too many requests: too many requests", "PUT", "/manifests/", 429, "TOOMANYREQUESTS", "retry-after: 10.305464ms, allowed: 2000/minute"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, acme())
			source, digest := layout(t)
			s.server.Inject(ghcrtest.Fault{Method: c.method, Path: c.path, Effect: ghcrtest.Answer{Status: c.status, Code: c.code, Message: c.message}})
			r := s.with("source", source).run().succeeds().hasOutputs("digest", digest, "outcome", "published", "anonymous-pull", "verified")
			hasFault := func(q ghcrtest.Request) bool {
				return q.Status == c.status && q.Method == c.method && strings.Contains(q.Path, c.path)
			}
			if !slices.ContainsFunc(r.requests, hasFault) {
				t.Error("no response contains the fault")
			}
		})
	}
}

// Row 24 of docs/ghcr.md, Refusals: the storage of the registry is throttled for a moment.
func TestThrottledStorageIsRetried(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme())
	source, digest := layout(t)
	s.with("source", source, "tags", "1").run().succeeds()
	s.server.Inject(ghcrtest.Fault{Path: "/ghcr1/blobs/", Effect: ghcrtest.Answer{Status: 503, Message: "Egress is over the account limit"}})
	r := s.with("command", "pull", "source", s.image("acme/web:1"), "tags", "", "verify-only", "true").run().succeeds().hasOutputs("digest", digest)
	if !slices.ContainsFunc(r.requests, func(q ghcrtest.Request) bool { return q.Status == 503 }) {
		t.Error("no response contains the fault")
	}
}

func TestAWaitNamesTheCauseWithoutTheRequest(t *testing.T) {
	t.Parallel()
	cause := &url.Error{
		Op: "Get", URL: "https://ghcr.io/token?scope=repository%3Aacme%2Fweb%3Apull",
		Err: &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: "ghcr.io", IsNotFound: true}},
	}
	var out bytes.Buffer
	cmd.PrintWait(&out, 6200*time.Millisecond, &network.Error{Host: "ghcr.io", Err: cause})
	if got, want := out.String(), "ghcr.io cannot be resolved (no such host); trying again in 6 s\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
