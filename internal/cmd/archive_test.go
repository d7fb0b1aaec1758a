package cmd_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

// A pull request from a fork writes its image to an archive. A trusted job publishes the
// archive with the digest that the first job reported.
func TestReadOnlyTokenWritesAnArchiveForATrustedJob(t *testing.T) {
	t.Parallel()
	dir, _ := layout(t)
	for name, source := range map[string]string{
		"an index":          dir,
		"a docker save tar": sourcetest.Tar(t, sourcetest.DockerSave(t, sourcetest.NewSaved(t, "app:1", "one", "two"))),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := acme()
			c.Credentials[0].Packages = ghcrtest.Read
			s := newStage(t, c).fork().with("source", source, "on-readonly", "archive")
			r := s.run().succeeds().wroteNothing().hasOutputs("outcome", "skipped", "pushed", "false", "digest", "", "path", filepath.Join(s.dir, "web.oci.tar"))
			digest := r.outputs["archive-digest"]
			if !strings.Contains(r.stdout, digest) || !strings.HasPrefix(digest, "sha256:") {
				t.Errorf("the digest is %q:\n%s", digest, r.stdout)
			}

			trusted := newStage(t, acme()).with("source", r.outputs["path"], "tags", "pr-1")
			trusted.run().succeeds().hasOutputs("digest", digest)
		})
	}
}

func TestTokenThatMayPushWritesNoArchive(t *testing.T) {
	t.Parallel()
	source, digest := layout(t)
	s := newStage(t, acme()).with("source", source, "on-readonly", "archive")
	s.run().succeeds().hasOutputs("digest", digest, "outcome", "published", "path", "")
	if _, err := os.Stat(filepath.Join(s.dir, "web.oci.tar")); !os.IsNotExist(err) {
		t.Errorf("an archive exists: %v", err)
	}
}

func TestArchiveThatCannotBeWrittenIsAnError(t *testing.T) {
	t.Parallel()
	c := acme()
	c.Credentials[0].Packages = ghcrtest.Read
	source, _ := layout(t)
	s := newStage(t, c).with("source", source, "on-readonly", "archive")
	s.env["RUNNER_TEMP"] = filepath.Join(s.dir, "event.json") // a file
	s.run().failsWith("archive-unwritten", "web.oci.tar").wroteNothing().hasOutputs("path", "", "archive-digest", "")
}
