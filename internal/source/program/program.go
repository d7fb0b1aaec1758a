// Package program runs other programs for us: found in absolute folders of the
// PATH alone, without the token in their environment, told to end before they
// are made to.
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

// patience is how long a program that was told to end may take to clean up.
const patience = 10 * time.Second

// maxAnswer bounds what is kept of a program's output, in bytes.
const maxAnswer = 1 << 20

// Environ leaves out of an environment what is not a program's business: this
// action's inputs, which hold the token, and the token's own variables.
func Environ(env []string) []string {
	out := []string{} // not nil, which would mean all of it
	for _, pair := range env {
		key, _, _ := strings.Cut(pair, "=")
		switch {
		case strings.HasPrefix(key, "INPUT_"), key == "GITHUB_TOKEN", key == "GH_TOKEN", key == "CR_PAT":
		default:
			out = append(out, pair)
		}
	}
	return out
}

// Command prepares a program with exactly the environment env, in whose PATH
// it is looked up. The error is exec.ErrNotFound if it is not there.
func Command(ctx context.Context, env []string, name string, args ...string) (*exec.Cmd, error) {
	path, err := find(env, name)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env, cmd.WaitDelay = env, patience
	if runtime.GOOS != "windows" { // which knows no gentle end
		cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	}
	return cmd, nil
}

// Output runs a program and returns what it prints, the first mebibyte of it.
// An error has its complaint.
func Output(ctx context.Context, env []string, name string, args ...string) ([]byte, error) {
	cmd, err := Command(ctx, env, name, args...)
	if err != nil {
		return nil, err
	}
	var out, failure Kept
	cmd.Stdout, cmd.Stderr = &out, &failure
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("running %s %s: %w: %s", name, strings.Join(args, " "), err, failure.String())
	}
	return out.buffer.Bytes(), nil
}

// Kept keeps the first mebibyte of an output.
type Kept struct{ buffer bytes.Buffer }

// Write keeps what there is room for, and takes everything.
func (k *Kept) Write(p []byte) (int, error) {
	if room := maxAnswer - k.buffer.Len(); room > 0 {
		k.buffer.Write(p[:min(len(p), room)])
	}
	return len(p), nil
}

// String is what was kept, without blanks around it.
func (k *Kept) String() string { return strings.TrimSpace(k.buffer.String()) }

// find looks a program up. A program of the checkout is not to take another's
// place, so relative folders are passed over.
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
