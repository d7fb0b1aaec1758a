package sourcetest

import (
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// Program writes a shell script into a folder under the name of a program. It
// skips the test if the system has no sh. The shell writes the file, because
// the system does not execute a file that is open for writing. If this process
// wrote the file, a child process of a concurrent test could inherit the open
// file.
func Program(tb testing.TB, dir, name, text string) {
	tb.Helper()
	if runtime.GOOS == "windows" {
		tb.Skip("Windows has no sh")
	}
	cmd := exec.CommandContext(tb.Context(), "/bin/sh", "-c", `cat >"$0" && chmod +x "$0"`, filepath.Join(dir, name))
	cmd.Stdin = strings.NewReader(text)
	check(tb, cmd.Run())
}
