package gate

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/source/program"
)

// ErrNoShell means that the machine does not have the shell of the script.
var ErrNoShell = errors.New("the shell is not installed")

const windows = runtime.GOOS == "windows"

// writeLauncher writes a script that starts this program. The script removes the variable
// GITHUB_ACTIONS, because the program is not a step of the workflow: the script of the
// gate reads the output of the program.
func writeLauncher(folder, program string) error {
	file, text := "ghcr-publish", "#!/bin/sh\nunset GITHUB_ACTIONS\nexec '"+strings.ReplaceAll(program, "'", `'\''`)+"' \"$@\"\n"
	if windows {
		file, text = "ghcr-publish.cmd", "@set GITHUB_ACTIONS=\r\n@\""+program+"\" %*\r\n"
	}
	return os.WriteFile(filepath.Join(folder, file), []byte(text), 0o700)
}

// executable returns the file name of a program on this operating system.
func executable(name string) string {
	if windows {
		return name + ".exe"
	}
	return name
}

// command returns the command that runs a script. The script is in a file, because every
// process on the machine can read the arguments of a command, and a script can contain a
// secret. The options of the shells are the options of the key "run" in a workflow.
func command(ctx context.Context, env []string, folder, script string) (*exec.Cmd, error) {
	if windows {
		file := filepath.Join(folder, "gate.ps1")
		if err := os.WriteFile(file, []byte(powershell(script)), 0o600); err != nil {
			return nil, err
		}
		return first(ctx, env, []string{"pwsh", "powershell"}, "-NoProfile", "-NonInteractive", "-ExecutionPolicy", "Bypass", "-File", file)
	}
	file := filepath.Join(folder, "gate.sh")
	if err := os.WriteFile(file, []byte(script), 0o600); err != nil {
		return nil, err
	}
	return first(ctx, env, []string{"bash"}, "--noprofile", "--norc", "-eo", "pipefail", file)
}

// powershell returns a script that ends at the first error and that has the exit code of
// its last program.
func powershell(script string) string {
	return "$ErrorActionPreference = 'stop'\r\n" + script +
		"\r\nif ((Test-Path -LiteralPath variable:\\LASTEXITCODE)) { exit $LASTEXITCODE }\r\n"
}

// first returns the command for the first shell that is installed.
func first(ctx context.Context, env, shells []string, args ...string) (*exec.Cmd, error) {
	for _, shell := range shells {
		if cmd, err := program.Command(ctx, env, executable(shell), args...); err == nil {
			return cmd, nil
		}
	}
	return nil, ErrNoShell
}
