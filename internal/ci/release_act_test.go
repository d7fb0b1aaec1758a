//go:build integration

package ci

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/ghcr-publish/ghcr-publish/internal/release/launch"
)

// releasedWorkflow uses the action twice, because only the first step of a job
// decompresses the program.
const releasedWorkflow = `on: push
jobs:
  job:
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@0000000000000000000000000000000000000000
      - {name: first, uses: ./, with: {command: metadata, image: ghcr.io/e2e/image, tags: v1}}
      - {name: second, uses: ./, with: {command: metadata, image: ghcr.io/e2e/image, tags: v2}}
`

// A job runs the program of a release. Go is not in the PATH of this job, so the launcher
// cannot build another program.
func TestReleaseUnderAct(t *testing.T) {
	t.Parallel()
	tool(t, "act")
	tool(t, "node")
	project := newActProject(t)
	project.release()
	write(t, filepath.Join(project.work, ".github", "workflows", "released.yml"), []byte(releasedWorkflow))
	project.path = pathWithoutGo(t)
	log, err := project.act("push", "released.yml")
	if err != nil {
		t.Fatalf("act: %v\n%s", err, log)
	}
	for _, want := range []string{"🏁  Job succeeded", "::set-output:: version=v1", "::set-output:: version=v2"} {
		if !strings.Contains(log, want) {
			t.Errorf("the log does not contain %q\n%s", want, log)
		}
	}
}

// release adds the program for this machine and the release manifest to the copy, as a
// release contains them.
func (l *actProject) release() {
	l.t.Helper()
	host, file := launch.Host(), filepath.Join(l.t.TempDir(), "program")
	build := exec.CommandContext(l.t.Context(), "go", "build", "-o", file, ".")
	build.Dir = l.work
	l.run(build)
	program, err := os.ReadFile(file)
	if err != nil {
		l.t.Fatal(err)
	}
	var pack bytes.Buffer
	w, err := zstd.NewWriter(&pack)
	if err != nil {
		l.t.Fatal(err)
	}
	if _, err := w.Write(program); err != nil {
		l.t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		l.t.Fatal(err)
	}
	write(l.t, filepath.Join(l.work, filepath.FromSlash(launch.Pack(host.Arch))), pack.Bytes())
	sum := sha256.Sum256(program)
	m := launch.Manifest{Version: "v1.2.3", Platforms: map[string]launch.Program{
		host.String(): {SHA256: hex.EncodeToString(sum[:]), Size: int64(len(program)), Pack: launch.PackName(host.Arch)},
	}}
	if err := m.Write(l.work); err != nil {
		l.t.Fatal(err)
	}
}

// pathWithoutGo returns a folder with links to all programs of the PATH except go.
func pathWithoutGo(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		entries, err := os.ReadDir(dir)
		if err != nil {
			continue // A PATH often contains folders that do not exist.
		}
		for _, e := range entries {
			if e.Name() == "go" {
				continue
			}
			// The first folder of the PATH has precedence.
			if err := os.Symlink(filepath.Join(dir, e.Name()), filepath.Join(folder, e.Name())); err != nil && !os.IsExist(err) {
				t.Fatal(err)
			}
		}
	}
	return folder
}
