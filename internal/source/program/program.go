// Package program runs other programs. Package program looks for a program only in the
// folders of PATH that have an absolute path. Package program removes tokens from the
// environment of the program. To stop a program, package program sends an interrupt. If
// the program does not end in time, package program kills the program.
package program

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// stopTimeout is the time after an interrupt in which a program must end.
const stopTimeout = 10 * time.Second

// maxAnswer is the maximum number of bytes that package program keeps from
// the output of a program.
const maxAnswer = 1 << 20

// Environ returns the environment env without the variables that other
// programs must not read. See [Private]. Environ keeps the variable
// ACTIONS_RUNTIME_TOKEN, because a builder with the cache type=gha needs this
// variable.
func Environ(env []string) []string {
	out := []string{} // The list is not nil, because exec.Cmd passes the whole environment to a program if Env is nil.
	for _, pair := range env {
		key, _, _ := strings.Cut(pair, "=")
		if !Private(key) {
			out = append(out, pair)
		}
	}
	return out
}

// Private reports whether other programs must not read an environment variable
// (docs/security.md, Tokens and credentials). Private returns true for the inputs and the
// state of the step, and for the tokens of GitHub. Private also returns true for the
// variables that contain the path of a file in which a step sets outputs. Private ignores
// the case of the name, as Windows does.
func Private(name string) bool {
	name = strings.ToUpper(name)
	if strings.HasPrefix(name, "INPUT_") || strings.HasPrefix(name, "STATE_") {
		return true
	}
	switch name {
	case "GITHUB_TOKEN", "GH_TOKEN", "CR_PAT", "GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN",
		"ACTIONS_ID_TOKEN_REQUEST_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_URL",
		"GITHUB_OUTPUT", "GITHUB_STATE", "GITHUB_ENV", "GITHUB_PATH", "GITHUB_STEP_SUMMARY":
		return true
	}
	return false
}

// Command returns a command that runs the program with the given name in the
// environment env. Command looks for the program in the variable PATH of env.
// If the program is missing, Command returns an error that wraps
// exec.ErrNotFound.
func Command(ctx context.Context, env []string, name string, args ...string) (*exec.Cmd, error) {
	path, err := find(env, name)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env, cmd.WaitDelay = env, stopTimeout
	if runtime.GOOS != "windows" { // On Windows, a process cannot send an interrupt to another process.
		cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	}
	return cmd, nil
}

// Output runs a program and returns the first mebibyte of its standard
// output. If the program fails, Output returns an *Error.
func Output(ctx context.Context, env []string, name string, args ...string) ([]byte, error) {
	cmd, err := Command(ctx, env, name, args...)
	if err != nil {
		return nil, err
	}
	var out, failure LimitedOutput
	cmd.Stdout, cmd.Stderr = &out, &failure
	if err := cmd.Run(); err != nil {
		return nil, &Error{Command: name + " " + strings.Join(args, " "), Output: failure.String(), Err: err}
	}
	return out.buffer.Bytes(), nil
}

// LimitedOutput is a writer that keeps the first mebibyte of an output.
type LimitedOutput struct{ buffer bytes.Buffer }

// Write keeps at most the first mebibyte and drops all other bytes. Write
// never returns an error.
func (k *LimitedOutput) Write(p []byte) (int, error) {
	if remaining := maxAnswer - k.buffer.Len(); remaining > 0 {
		k.buffer.Write(p[:min(len(p), remaining)])
	}
	return len(p), nil
}

// String returns the kept output without white space at its start and end.
func (k *LimitedOutput) String() string { return strings.TrimSpace(k.buffer.String()) }

// find returns the path of a program. find skips each folder of PATH that has
// a relative path, so that a file in the checkout cannot replace an installed
// program.
func find(env []string, name string) (string, error) {
	for _, dir := range filepath.SplitList(variable(env, "PATH")) {
		if !filepath.IsAbs(dir) {
			continue
		}
		if path, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("finding %s: %w", name, exec.ErrNotFound)
}

func variable(env []string, name string) string {
	for _, pair := range env {
		key, value, _ := strings.Cut(pair, "=")
		if key == name || runtime.GOOS == "windows" && strings.EqualFold(key, name) {
			return value
		}
	}
	return ""
}
