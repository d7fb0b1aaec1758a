// Package program runs other programs. It looks for programs only in the
// absolute folders of PATH. It removes the token from the environment of the
// programs. To stop a program, it sends an interrupt first and kills the
// program later.
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

// stopTimeout is the time that a program has to clean up after an interrupt.
const stopTimeout = 10 * time.Second

// maxAnswer limits the number of bytes that are kept from the output of a
// program.
const maxAnswer = 1 << 20

// Environ returns env without the variables that other programs must not read. See
// [Private]. A builder keeps ACTIONS_RUNTIME_TOKEN, because the cache type=gha needs it.
func Environ(env []string) []string {
	out := []string{} // not nil, because exec.Cmd passes the whole environment if Env is nil
	for _, pair := range env {
		key, _, _ := strings.Cut(pair, "=")
		if !Private(key) {
			out = append(out, pair)
		}
	}
	return out
}

// Private reports whether only this program may read a variable: the inputs and the state
// of the step, tokens of GitHub, and the files with which a step sets outputs and variables
// (docs/security.md, Tokens and credentials). Windows ignores the case of names.
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

// Command prepares a program with the environment env. It looks for the
// program in the PATH of env. If the program is missing, the error is
// exec.ErrNotFound.
func Command(ctx context.Context, env []string, name string, args ...string) (*exec.Cmd, error) {
	path, err := find(env, name)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env, cmd.WaitDelay = env, stopTimeout
	if runtime.GOOS != "windows" { // Windows has no interrupt for another process
		cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	}
	return cmd, nil
}

// Output runs a program and returns the first mebibyte of its output. If the
// program fails, the error is an *Error.
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

// LimitedOutput keeps the first mebibyte of an output.
type LimitedOutput struct{ buffer bytes.Buffer }

// Write keeps the bytes that still fit and drops all other bytes. It never
// returns an error.
func (k *LimitedOutput) Write(p []byte) (int, error) {
	if remaining := maxAnswer - k.buffer.Len(); remaining > 0 {
		k.buffer.Write(p[:min(len(p), remaining)])
	}
	return len(p), nil
}

// String returns the kept output without surrounding white space.
func (k *LimitedOutput) String() string { return strings.TrimSpace(k.buffer.String()) }

// find returns the path of a program. It skips relative folders, so that a
// program in the checkout cannot replace an installed program.
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
