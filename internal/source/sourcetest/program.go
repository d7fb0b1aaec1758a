package sourcetest

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/ci/needs"
)

// Program writes a shell script with the name of a program into a folder. If the
// operating system cannot start a shell script by its name, Program skips the test. A
// shell writes the file. If the test process wrote the file, a child process of a
// concurrent test could inherit the open file. The operating system does not start a
// program while its file is open for writing.
func Program(tb testing.TB, dir, name, text string) {
	tb.Helper()
	needs.Scripts(tb)
	cmd := exec.CommandContext(tb.Context(), "/bin/sh", "-c", `cat >"$0" && chmod +x "$0"`, filepath.Join(dir, name))
	cmd.Stdin = strings.NewReader(text)
	check(tb, cmd.Run())
}
