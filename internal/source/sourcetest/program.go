package sourcetest

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/ci/needs"
)

// Program writes a shell script into a folder under the name of a program. It
// skips the test if the system does not start such a script. The shell writes the file, because
// the system does not execute a file that is open for writing. If this process
// wrote the file, a child process of a concurrent test could inherit the open
// file.
func Program(tb testing.TB, dir, name, text string) {
	tb.Helper()
	needs.Scripts(tb)
	cmd := exec.CommandContext(tb.Context(), "/bin/sh", "-c", `cat >"$0" && chmod +x "$0"`, filepath.Join(dir, name))
	cmd.Stdin = strings.NewReader(text)
	check(tb, cmd.Run())
}
