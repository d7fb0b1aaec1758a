package cmd_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
)

// builtOnce returns a stage whose registry has the version 1.2.3 of a build of one
// commit. The record of the builder is then empty.
func builtOnce(t *testing.T, pairs ...string) *stage {
	t.Helper()
	s := newStage(t, acme()).withFakeBuildx().with("context", dockerfileFolder(t), "tags", "1.2.3", "if-published", "skip").with(pairs...)
	s.run().succeeds()
	s.check(os.Remove(s.env["CALLS"])) // The first run called the builder.
	return s
}

// dockerfileFolder returns a folder with a Dockerfile.
func dockerfileFolder(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "Dockerfile"), []byte("FROM scratch\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return folder
}

func TestPublishedBuildIsNotBuiltAgain(t *testing.T) {
	t.Parallel()
	other := strings.Repeat("d", 40)
	cases := []struct {
		name          string
		first, second []string
		commit        string
		built         bool
		code          string // the code of the error, or ""
		notice        string
	}{
		{name: "the same commit", notice: "published-used"},
		{name: "the same commit with a tag that moves", second: []string{"tags", "1.2.3\nlatest"}, notice: "published-used"},
		{name: "another commit", commit: other, built: true, code: "tag-exists", notice: "published-differs"},
		{name: "another commit may overwrite the version", commit: other, second: []string{"overwrite", "versions=allow"}, built: true, notice: "published-differs"},
		{name: "the published image has no revision", first: []string{"labels", "# none"}, built: true, code: "tag-exists", notice: "published-differs"},
		{name: "this run writes no revision", second: []string{"labels", "# none", "overwrite", "versions=allow"}, built: true, notice: "published-differs loss"},
		{name: "a new version", second: []string{"tags", "1.2.4"}, built: true},
		{name: "if-published: fail", second: []string{"if-published", "fail"}, code: "published-before"},
		{name: "if-published: fail and another commit", commit: other, second: []string{"if-published", "fail", "overwrite", "versions=allow"}, built: true, notice: "published-differs"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := builtOnce(t, c.first...).with("labels", "").with(c.second...)
			if c.commit != "" {
				s.env["GITHUB_SHA"] = c.commit
			}
			r := s.run()
			if c.code != "" {
				r.failsWith(c.code)
			} else {
				r.succeeds()
			}
			built := s.record("CALLS") != ""
			if built != c.built {
				t.Errorf("built: %t, want %t", built, c.built)
			}
			if got := r.notices(); got != c.notice {
				t.Errorf("notices %q, want %q", got, c.notice)
			}
		})
	}
}

func TestOutputsOfAPublishedBuildAreThoseOfItsFirstRun(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme()).withFakeBuildx().with("context", dockerfileFolder(t), "tags", "1.2.3", "if-published", "skip")
	first, second := s.run().succeeds(), s.run().succeeds()
	for _, name := range []string{"digest", "digests", "digest-linux-amd64", "reference", "tags", "version", "visibility"} {
		if first.outputs[name] != second.outputs[name] || first.outputs[name] == "" {
			t.Errorf("output %s: %q after the first run, %q after the second", name, first.outputs[name], second.outputs[name])
		}
	}
	if second.outputs["outcome"] != "unchanged" {
		t.Errorf("outcome %q", second.outputs["outcome"])
	}
}

func TestUnreadableRevisionEndsTheRun(t *testing.T) {
	t.Parallel()
	s := builtOnce(t)
	s.server.Inject(ghcrtest.Fault{Method: "GET", Path: "/blobs/", Times: ghcrtest.Always, Effect: ghcrtest.Answer{Status: 403, Code: "DENIED"}})
	if s.run().err == nil || s.record("CALLS") != "" {
		t.Error("the run built an image, although it could not read the commit of the published image")
	}
}
