package cmd_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/cmd/demo"
	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
)

func TestResultFileThatCannotBeWrittenAfterThePushFailsTheRun(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme())
	folder := filepath.Join(s.dir, "results")
	s.check(os.Mkdir(folder, 0o700))
	file := filepath.Join(s.dir, "image.tar")
	s.check(os.WriteFile(file, demo.Archive, 0o600))
	// The folder disappears while the run writes the tag.
	s.server.Inject(ghcrtest.Fault{Method: "PUT", Path: "/manifests/1", Effect: ghcrtest.BeforeAnswer{Do: func() { _ = os.RemoveAll(folder) }}})
	r := s.with("source", file, "tags", "1", "metadata-file", filepath.Join(folder, "metadata.json")).run()
	r.failsWith("result-file-unwritable", "is published")
	r.hasOutputs("outcome", "failed", "pushed", "true")
}
