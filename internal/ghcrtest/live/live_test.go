package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
)

const (
	existing = "acme/web"
	fresh    = "acme/live-1"
)

// start starts a server with one package. It behaves as docs/ghcr.md describes, except
// for the answers in the configuration.
func start(t *testing.T, c ghcrtest.Config) *ghcrtest.Server {
	t.Helper()
	c.Open = &ghcrtest.Open{Repository: existing}
	s := ghcrtest.Start(t, c)
	s.AddPackage(ghcrtest.Package{Name: existing, Repository: existing, Visibility: ghcrtest.Public})
	config, err := s.AddBlob(existing, []byte("{}"))
	if err != nil {
		t.Fatal(err)
	}
	s.AddManifest(existing, "latest", string(types.OCIManifestSchema1), fmt.Appendf(nil,
		`{"schemaVersion":2,"mediaType":%q,"config":{"mediaType":%q,"digest":%q,"size":2},"layers":[]}`,
		types.OCIManifestSchema1, types.OCIConfigJSON, config))
	return s
}

// environ returns a getenv function for the environment of the server.
func environ(s *ghcrtest.Server) func(string) string {
	env := map[string]string{}
	for _, line := range s.Env(existing) {
		key, value, _ := strings.Cut(line, "=")
		env[key] = value
	}
	return func(key string) string { return env[key] }
}

// runAgainst runs the program against a server and returns its record.
func runAgainst(t *testing.T, s *ghcrtest.Server) (record, []byte) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "live.json")
	args := []string{"-existing", existing, "-fresh", fresh, "-out", file}
	if err := run(t.Context(), args, environ(s), io.Discard); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	r, err := readRecord(file)
	if err != nil {
		t.Fatal(err)
	}
	return r, raw
}

// fact returns a fact of a question.
func (r record) fact(t *testing.T, id, name string) string {
	t.Helper()
	for _, f := range r.Findings {
		if f.ID == id {
			if f.Error != "" {
				t.Errorf("%s: %s", id, f.Error)
			}
			return f.Facts[name]
		}
	}
	t.Fatalf("no question %q", id)
	return ""
}

func TestEachOpenQuestionHasAFact(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name           string
		answers        ghcrtest.Answers
		id, fact, want string
	}{
		{"absent packages are not found", ghcrtest.Answers{}, "absent-read", "GET manifest", "404 MANIFEST_UNKNOWN"},
		{"absent packages are denied", ghcrtest.Answers{AbsentRead: ghcrtest.AbsentDenied}, "absent-read", "GET manifest", "403 DENIED"},
		{"REST hides absent packages", ghcrtest.Answers{}, "absent-read", "REST", "404"},
		{"the token has one field", ghcrtest.Answers{}, "token-answer", "fields", "token"},
		{"one token for two packages", ghcrtest.Answers{}, "token-scopes", "may push the second", "202"},
		{"no bearer without a token exchange", ghcrtest.Answers{}, "raw-bearer", "reading", "403 DENIED"},
		{"a bearer without a token exchange", ghcrtest.Answers{DirectBearer: true}, "raw-bearer", "pushing", "202"},
		{"relative Location", ghcrtest.Answers{}, "push", "Location is absolute", "no"},
		{"absolute Location", ghcrtest.Answers{AbsoluteLocation: true}, "push", "Location is absolute", "yes"},
		{"digest on PUT", ghcrtest.Answers{}, "push", "digest in the response to PUT manifest", "present"},
		{"no digest on PUT", ghcrtest.Answers{NoDigestOnPut: true}, "push", "digest in the response to PUT manifest", "absent"},
		{"mounts", ghcrtest.Answers{}, "mount", "from another package", "201"},
		{"no mounts", ghcrtest.Answers{NoMount: true}, "mount", "from another package", "202"},
		{"POST opens a session", ghcrtest.Answers{}, "single-post", "answer", "202"},
		{"POST accepts the blob", ghcrtest.Answers{SinglePost: true}, "single-post", "answer", "201"},
		{"large chunks are refused", ghcrtest.Answers{}, "chunk-limit", "with Content-Range", "416 REQUESTED_RANGE_NOT_SATISFIABLE"},
		{"large bodies are accepted", ghcrtest.Answers{}, "chunk-limit", "without Content-Range", "202"},
		{"cancelling is not supported", ghcrtest.Answers{}, "upload-cancel", "answer", "405 UNSUPPORTED"},
		{"anonymous clients may pull", ghcrtest.Answers{}, "lag-anonymous", "in the end", "200"},
		{"the link is visible", ghcrtest.Answers{}, "rest-package", "existing is linked", "yes"},
		{"listing is refused", ghcrtest.Answers{}, "rest-list", "answer", "400"},
		{"visibility is inherited", ghcrtest.Answers{}, "inherited", "package", "public"},
		{"no setter for visibility", ghcrtest.Answers{}, "visibility-patch", "PATCH", "404"},
		{"a setter for visibility", ghcrtest.Answers{Visibility: ghcrtest.PatchHonoured}, "visibility-patch", "PATCH", "200"},
		{"children of a deleted index stay", ghcrtest.Answers{}, "deleted-index", "child", "200"},
		{"children of a deleted index are deleted", ghcrtest.Answers{DeletedIndex: ghcrtest.UnsharedChildrenDelete}, "deleted-index", "child", "404 MANIFEST_UNKNOWN"},
		{"the tag of a deleted index is gone", ghcrtest.Answers{}, "deleted-index", "tag of the index", "404 MANIFEST_UNKNOWN"},
		{"a restored version has no tag", ghcrtest.Answers{}, "restored-version", "tag of the index", "404 MANIFEST_UNKNOWN"},
		{"a restored version has its tag", ghcrtest.Answers{RestoredTags: true}, "restored-version", "tag of the index", "200"},
		{"no referrers", ghcrtest.Answers{}, "referrers", "answer", "404 MANIFEST_UNKNOWN"},
		{"no deletion", ghcrtest.Answers{}, "delete-manifest", "answer", "405 UNSUPPORTED"},
		{"the fresh package is deleted", ghcrtest.Answers{}, "delete-package", "answer", "204"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r, _ := runAgainst(t, start(t, ghcrtest.Config{Answers: c.answers}))
			if got := r.fact(t, c.id, c.fact); got != c.want {
				t.Errorf("%s, %s: got %q, want %q", c.id, c.fact, got, c.want)
			}
		})
	}
}

func TestRecordContainsNoSecret(t *testing.T) {
	t.Parallel()
	s := start(t, ghcrtest.Config{})
	r, raw := runAgainst(t, s)
	for _, secret := range []string{s.Token(), encode(s.Token()), encode("live:" + s.Token())} {
		if bytes.Contains(raw, []byte(secret)) {
			t.Errorf("the record contains %q", secret)
		}
	}
	var tokens int
	for _, f := range r.Findings {
		for _, reply := range f.Replies {
			if strings.Contains(reply.URL, "/token?") && reply.Status == 200 {
				tokens++
				if want := `{"token":"[secret]"}`; strings.TrimSpace(reply.Body) != want {
					t.Errorf("%s: got %s, want %s", f.ID, reply.Body, want)
				}
			}
		}
	}
	if tokens == 0 {
		t.Error("no token was requested")
	}
}

func TestDeleteAcceptsAMissingPackage(t *testing.T) {
	t.Parallel()
	s := start(t, ghcrtest.Config{})
	for _, state := range []string{"existing", "missing"} {
		if err := run(t.Context(), []string{"-delete", existing}, environ(s), io.Discard); err != nil {
			t.Errorf("%s: %v", state, err)
		}
	}
	v := newSurvey(subjectOf(s), s.Token(), 0)
	if _, a, err := v.describe(t.Context(), existing); err != nil || a.status != 404 {
		t.Errorf("after the deletion, the response of the REST API is %s, %v", a.summary(), err)
	}
}

func TestMountUsesAnImageOfAnIndex(t *testing.T) {
	t.Parallel()
	s := start(t, ghcrtest.Config{})
	image := s.AddManifest(existing, "", string(types.OCIManifestSchema1), fmt.Appendf(nil,
		`{"schemaVersion":2,"config":{"mediaType":%q,"digest":%q,"size":2},"layers":[]}`, types.OCIConfigJSON, hash([]byte("{}"))))
	s.AddManifest(existing, "latest", string(types.OCIImageIndex), fmt.Appendf(nil,
		`{"schemaVersion":2,"manifests":[{"mediaType":%q,"digest":%q,"size":1}]}`, types.OCIManifestSchema1, image))
	r, _ := runAgainst(t, s)
	if got, want := r.fact(t, "mount", "from another package"), "201"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
