package cmd_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

// TestTransientRefusalsAreRetried are the rows of docs/ghcr.md, Refusals that a publish lives
// through: seen once, each is mended without a word, and the image is the same.
// TestRefusals has those that need a person. Rows 22 and 25 cannot be met: we
// delete nothing in the registry, and GitHub does not start such a workflow.
func TestTransientRefusalsAreRetried(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, method, path string
		status             int
		code, message      string
	}{
		{"unknown token: the token is not known, for a moment", "PUT", "/manifests/", 401, "UNAUTHORIZED", "unauthenticated: User cannot be authenticated with the token provided."},
		{"authentication required: authentication required", "POST", "/blobs/uploads/", 401, "UNAUTHORIZED", "authentication required"},
		{"HEAD: HEAD of a blob is forbidden, for a moment", "HEAD", "/blobs/", 403, "", ""},
		{"blob of a manifest: the manifest comes before its blobs", "PUT", "/manifests/", 400, "MANIFEST_BLOB_UNKNOWN", "blob unknown to registry"},
		{"upload session: the upload session is lost", "PUT", "/blobs/upload/", 404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry"},
		{"upload session: the upload session is garbled", "PUT", "/blobs/upload/", 404, "BLOB_UPLOAD_INVALID", "blob upload invalid"},
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
			met := func(q ghcrtest.Request) bool {
				return q.Status == c.status && q.Method == c.method && strings.Contains(q.Path, c.path)
			}
			if !slices.ContainsFunc(r.requests, met) {
				t.Error("the fault was not met")
			}
		})
	}
}

// Row 24: the storage behind the registry is throttled for a moment.
func TestThrottledStorageIsRetried(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme())
	source, digest := layout(t)
	s.with("source", source, "tags", "1").run().succeeds()
	s.server.Inject(ghcrtest.Fault{Path: "/ghcr1/blobs/", Effect: ghcrtest.Answer{Status: 503, Message: "Egress is over the account limit"}})
	r := s.with("command", "pull", "source", s.image("acme/web:1"), "tags", "", "verify-only", "true").run().succeeds().hasOutputs("digest", digest)
	if !slices.ContainsFunc(r.requests, func(q ghcrtest.Request) bool { return q.Status == 503 }) {
		t.Error("the fault was not met")
	}
}

// Row 13: registries take lower case alone.
func TestImageNameIsConvertedToLowerCase(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme())
	source, digest := layout(t)
	s.with("source", source, "image", s.image("Acme/WEB")).run().succeeds().hasOutputs("digest", digest, "image", s.image("acme/web"))
}

// Row 15: ghcr.io takes no chunk over 4 MiB. Neither a layer of a known digest
// nor one that is compressed on its way is sent in chunks.
func TestLayerAboveTheChunkLimitIsUploadedInOneRequest(t *testing.T) {
	t.Parallel()
	big := strings.Repeat("0123456789abcdef", 6<<20/16)
	l := sourcetest.NewLayout(t)
	l.Add(l.Image(sourcetest.AMD64, big))
	for what, source := range map[string]string{
		"a layout":          sourcetest.Dir(t, l.Files()),
		"a docker save tar": sourcetest.Tar(t, sourcetest.DockerSave(t, sourcetest.NewSaved(t, "app:1", big))),
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			newStage(t, acme()).with("source", source).run().succeeds().hasOutputs("outcome", "published")
		})
	}
}

// Row 23: what is not there is said of the source, in the reader's words.
func TestMissingSourceWritesNothing(t *testing.T) {
	t.Parallel()
	c := acme()
	c.Packages = []ghcrtest.Package{{Name: "acme/web", Repository: "acme/web", Visibility: ghcrtest.Public}}
	s := newStage(t, c)
	r := s.with("source", "docker://"+s.image("acme/web:none")).run().wroteNothing()
	if r.code == 0 || !strings.Contains(r.stdout, "acme/web:none") {
		r.fatal("the error does not name the source")
	}
}
