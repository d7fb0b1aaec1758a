package sourcetest

import (
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// Program puts a shell script into a folder under a program's name; where
// there is no sh it skips the test. The shell writes it: a file that this
// process has open could be open in a child that another test forks meanwhile,
// and the system runs no file that is open for writing.
func Program(tb testing.TB, dir, name, text string) {
	tb.Helper()
	if runtime.GOOS == "windows" {
		tb.Skip("there is no sh")
	}
	cmd := exec.CommandContext(tb.Context(), "/bin/sh", "-c", `cat >"$0" && chmod +x "$0"`, filepath.Join(dir, name))
	cmd.Stdin = strings.NewReader(text)
	check(tb, cmd.Run())
}
