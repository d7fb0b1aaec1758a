// Package needs skips a test if the system does not have a feature that the test
// needs. Each function checks one feature. The list .ci/wine/skipped.tsv contains the
// tests that these functions skip on Windows.
package needs

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// windows reports whether the program runs on Windows, or with wine.
const windows = runtime.GOOS == "windows"

// Link creates a symbolic link at path. Link skips the test if the system does not
// permit the link. Windows permits links only to administrators, and wine 8 has no
// links.
func Link(tb testing.TB, target, path string) {
	tb.Helper()
	err := os.Symlink(target, path)
	switch {
	case err != nil && windows:
		tb.Skip("this account may not create symbolic links")
	case err != nil:
		tb.Fatal(err)
	}
}

// Modes skips the test if files have no permission bits. A file on Windows has only
// the read-only attribute.
func Modes(tb testing.TB) {
	tb.Helper()
	if windows {
		tb.Skip("files have no permission bits on Windows")
	}
}

// Scripts skips the test if the system does not start a shell script that has the name
// of a program. Windows only starts files with the extensions in PATHEXT.
func Scripts(tb testing.TB) {
	tb.Helper()
	if windows {
		tb.Skip("Windows does not start a shell script in place of a program")
	}
}

// Bash skips the test if the gate of a run is not a bash script. On Windows, the gate is a
// PowerShell script.
func Bash(tb testing.TB) {
	tb.Helper()
	if windows {
		tb.Skip("the script of the gate is a bash script")
	}
}

// Name skips the test if the system does not permit a file name. Windows does not
// permit control characters and nine other characters in a name.
func Name(tb testing.TB, name string) {
	tb.Helper()
	forbidden := func(r rune) bool { return r < ' ' || strings.ContainsRune(`<>:"/\|?*`, r) }
	if windows && strings.ContainsFunc(name, forbidden) {
		tb.Skipf("Windows does not permit the file name %q", name)
	}
}

// Sockets skips the test if Docker does not listen on a Unix socket. On Windows, Docker
// listens on a named pipe.
func Sockets(tb testing.TB) {
	tb.Helper()
	if windows {
		tb.Skip("Docker listens on a named pipe on Windows")
	}
}

// RootFiles skips the test if no variable can replace the root certificates of the
// system. Windows and macOS do not store these certificates in files.
func RootFiles(tb testing.TB) {
	tb.Helper()
	if windows || runtime.GOOS == "darwin" {
		tb.Skip("the root certificates of this system are not in files")
	}
}

// requireAll is the variable that .ci/run sets to "required" after it has installed
// every program that the tests use. The variable CI is not sufficient, because other
// machines also set CI, but run the tests with Go only.
const requireAll = "GHCR_PUBLISH_TEST_PROGRAMS"

// Missing skips a test if a program that the test needs is not installed. The test
// fails if GHCR_PUBLISH_TEST_PROGRAMS is "required".
func Missing(tb testing.TB, reason ...any) {
	tb.Helper()
	if os.Getenv(requireAll) == "required" {
		tb.Fatal(reason...)
	}
	tb.Skip(reason...)
}

// Program returns the path of a program. Program skips the test if the program is not
// installed.
func Program(tb testing.TB, name string) string {
	tb.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		tb.Skipf("the program %s is not installed", name)
	}
	return path
}

// Model returns the path of Python and of a reference model in the folder
// shared/cases beside the repository. Model skips the test if one of them is missing,
// because the repository does not contain the model.
func Model(tb testing.TB, name string) (python, path string) {
	tb.Helper()
	python = Program(tb, "python3")
	dir, err := os.Getwd()
	if err != nil {
		tb.Fatal(err)
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		path = filepath.Join(dir, "shared", "cases", name)
		if _, err := os.Stat(path); err == nil {
			return python, path
		}
	}
	tb.Skipf("the reference model %s is not beside the repository", name)
	return "", ""
}
