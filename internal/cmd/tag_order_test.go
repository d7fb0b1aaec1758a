package cmd_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

// The commits of acme/web in these tests, the oldest first.
var (
	first  = strings.Repeat("a", 40)
	second = strings.Repeat("b", 40)
)

// stageWithCommits returns the stage of acme with two commits.
func stageWithCommits(t *testing.T) *stage {
	c := acme()
	c.Repositories[0].Commits = []string{first, second}
	s := newStage(t, c)
	return s.event(map[string]any{"repository": map[string]any{
		"full_name": "acme/web", "html_url": s.server.URL() + "/acme/web", "default_branch": "main", "visibility": "public",
		"owner": map[string]any{"login": "acme", "type": "Organization"},
	}})
}

// mergeAt merges platform images that were built from a commit.
func (s *stage) mergeAt(commit, tags string, inputs ...string) result {
	s.t.Helper()
	s.env["GITHUB_SHA"] = commit
	s.with("tags", "", "digests", "")
	path, _ := platformImage(s.t, sourcetest.AMD64, commit)
	other, _ := platformImage(s.t, sourcetest.ARM64, commit)
	outputs := s.push(path)
	for name, digest := range s.push(other) {
		outputs[name] = digest
	}
	return s.merge(outputs, append(inputs, "tags", tags)...)
}

// notices returns the codes of the notices of a run.
func (r result) notices() string {
	var data struct{ Notices []struct{ Code string } }
	if err := json.Unmarshal([]byte(r.outputs["json"]), &data); err != nil {
		r.fatal("reading the output json: %v", err)
	}
	var codes []string
	for _, n := range data.Notices {
		codes = append(codes, n.Code)
	}
	return strings.Join(codes, " ")
}

func TestTagStaysOnTheNewerCommitIfTheOlderRunEndsLast(t *testing.T) {
	t.Parallel()
	s := stageWithCommits(t)
	newer := s.mergeAt(second, "latest\nmain").succeeds()
	older := s.mergeAt(first, "latest\nmain").succeeds()
	older.hasOutputs("outcome", "published", "pushed", "true", "tags", "", "tag-names", "")
	for _, tag := range []string{"latest", "main"} {
		if got := s.server.Tag("acme/web", tag); got != newer.outputs["digest"] {
			t.Errorf("%s points at %s, want the newer merge", tag, got)
		}
	}
	if _, exists := s.server.Manifest("acme/web", older.outputs["digest"]); !exists {
		t.Error("the older index is not in the registry, though its digest is an output")
	}
	if got := older.notices(); got != "tag-kept tag-kept" {
		t.Errorf("notices are %q", got)
	}
	a := older.annotations()
	if len(a) != 2 || a[0].level != "warning" || !strings.Contains(a[0].text, "1 commit ahead of") || !strings.Contains(a[0].text, "monotonic: false") {
		t.Errorf("annotations: %+v", a)
	}
}

func TestRollbackMovesATagBack(t *testing.T) {
	t.Parallel()
	s := stageWithCommits(t)
	s.mergeAt(second, "latest").succeeds()
	r := s.mergeAt(first, "latest", "monotonic", "false").succeeds()
	if got := s.server.Tag("acme/web", "latest"); got != r.outputs["digest"] {
		t.Errorf("latest points at %s, want the rollback %s", got, r.outputs["digest"])
	}
}

func TestPatchOfAnOldSeriesDoesNotMoveLatest(t *testing.T) {
	t.Parallel()
	s := stageWithCommits(t)
	release := s.mergeAt(first, "2.0.0\nlatest").succeeds()
	patch := s.mergeAt(second, "1.2.4\n1.2\nlatest").succeeds()
	patch.hasOutputs("tag-names", "1.2.4\n1.2")
	if got := s.server.Tag("acme/web", "latest"); got != release.outputs["digest"] {
		t.Errorf("latest points at %s, want 2.0.0", got)
	}
	if got := s.server.Tag("acme/web", "1.2"); got != patch.outputs["digest"] {
		t.Errorf("1.2 points at %s, want 1.2.4", got)
	}
}

// The other run writes the tag between the write and the verification of this run.
func TestConcurrentRunsLeaveTheTagOnTheNewerCommit(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, ours, theirs, notice string }{
		{"the older run writes last, and the tag is written again", second, first, "tag-rewritten"},
		{"the newer run writes last, and the tag is kept", first, second, "tag-kept"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := stageWithCommits(t)
			other := s.mergeAt(c.theirs, "other").succeeds()
			raw, _ := s.server.Manifest("acme/web", "other")
			s.server.Inject(ghcrtest.Fault{Method: "PUT", Path: "/manifests/latest", Times: 1, Effect: ghcrtest.BeforeAnswer{Do: func() {
				s.server.AddManifest("acme/web", "latest", raw.MediaType, raw.Raw)
			}}})
			ours := s.mergeAt(c.ours, "latest").succeeds().hasOutputs("pushed", "true")
			want := ours.outputs["digest"]
			if c.ours == first {
				want = other.outputs["digest"]
			}
			if got := s.server.Tag("acme/web", "latest"); got != want {
				t.Errorf("latest points at %s, want the image of the newer commit", got)
			}
			if got := ours.notices(); got != c.notice {
				t.Errorf("notices are %q, want %q", got, c.notice)
			}
		})
	}
}

// A newer run can finish during the upload of the layers.
func TestTagsAreReadAgainAfterAnUpload(t *testing.T) {
	t.Parallel()
	s := stageWithCommits(t)
	newer := s.mergeAt(second, "other").succeeds()
	raw, _ := s.server.Manifest("acme/web", "other")
	s.env["GITHUB_SHA"] = first
	source, digest := layout(t)
	s.server.Inject(ghcrtest.Fault{Method: "PUT", Path: "/blobs/upload/", Times: 1, Effect: ghcrtest.BeforeAnswer{Do: func() {
		s.server.AddManifest("acme/web", "latest", raw.MediaType, raw.Raw)
	}}})
	s.with("command", "publish", "digests", "", "source", source, "tags", "latest").run().succeeds().hasOutputs("digest", digest, "tags", "", "pushed", "true")
	if got := s.server.Tag("acme/web", "latest"); got != newer.outputs["digest"] {
		t.Errorf("latest points at %s, want the newer %s", got, newer.outputs["digest"])
	}
}

func TestVersionTagIsNotOverwritten(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme())
	first, _ := layout(t)
	s.with("source", first, "tags", "1.2.3\nlatest").run().succeeds()
	l := sourcetest.NewLayout(t)
	l.Add(l.Image(sourcetest.AMD64, "another"))
	s.with("source", sourcetest.Dir(t, l.Files()))
	s.run().failsWith("tag-exists", ":1.2.3", "overwrite: versions=allow").wroteNothing()
	s.with("overwrite", "versions=allow").run().succeeds().hasOutputs("tag-names", "1.2.3\nlatest")
	s.with("overwrite", "versions=never").run().failsWith("tag-exists", ":1.2.3")
}

// The digest of a docker save tar is known only after the compression. The version tag is
// still protected.
func TestVersionTagIsNotOverwrittenByAnUncompressedSource(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme())
	source, digest := layout(t)
	s.with("source", source, "tags", "1.2.3").run().succeeds()
	tar := sourcetest.Tar(t, sourcetest.DockerSave(t, sourcetest.NewSaved(t, "app:1", "app")))
	s.with("source", tar).run().failsWith("tag-exists", ":1.2.3")
	if got := s.server.Tag("acme/web", "1.2.3"); got != digest {
		t.Errorf("the tag points at %s, want %s", got, digest)
	}
}
