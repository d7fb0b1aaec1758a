package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// source identifies the commit of the sources of a release.
type source struct {
	repo   string // repo is a folder inside the clone.
	commit string // commit is the full commit ID.
	date   string // date is the date of the commit in UTC, in the format of RFC 3339.
}

// findCommit finds a commit in a clone. The argument "repo" is any folder inside the
// clone.
func findCommit(ctx context.Context, repo, commit string) (source, error) {
	s := source{repo: repo}
	var err error
	if s.commit, err = s.git(ctx, nil, "rev-parse", "--verify", "--end-of-options", commit+"^{commit}"); err != nil {
		return s, fmt.Errorf("looking up the commit %q: %w", commit, err)
	}
	date, err := s.git(ctx, nil, "show", "--no-patch", "--format=%cI", s.commit)
	if err != nil {
		return s, fmt.Errorf("looking up the date of %q: %w", s.commit, err)
	}
	when, err := time.Parse(time.RFC3339, date)
	if err != nil {
		return s, fmt.Errorf("reading the date of %q: %w", s.commit, err)
	}
	s.date = when.UTC().Format(time.RFC3339)
	return s, nil
}

// export creates a folder at the path out and writes the files of the commit
// into this folder. The method "export" ignores uncommitted changes and untracked
// files.
func (s source) export(ctx context.Context, out string) error {
	if err := os.MkdirAll(filepath.Dir(out), 0o755); err != nil {
		return fmt.Errorf("creating the parent folder of the tree: %w", err)
	}
	if err := os.Mkdir(out, 0o755); err != nil {
		return fmt.Errorf("creating the folder of the tree: %w", err)
	}
	return s.withIndex(ctx, func(index []string) error {
		prefix, err := filepath.Abs(out)
		if err != nil {
			return fmt.Errorf("resolving the path %q: %w", out, err)
		}
		if _, err := s.git(ctx, index, "checkout-index", "--all", "--prefix="+filepath.ToSlash(prefix)+"/"); err != nil {
			return fmt.Errorf("writing the tree of %q: %w", s.commit, err)
		}
		return nil
	})
}

// withIndex calls f with environment variables for git. These variables make
// git use a temporary index with the files of the commit, so that the index of
// the clone does not change.
func (s source) withIndex(ctx context.Context, f func(env []string) error) error {
	dir, err := os.MkdirTemp("", "release-")
	if err != nil {
		return fmt.Errorf("creating the folder for the index of Git: %w", err)
	}
	defer os.RemoveAll(dir)
	env := []string{"GIT_INDEX_FILE=" + filepath.Join(dir, "index")}
	if _, err := s.git(ctx, env, "read-tree", s.commit); err != nil {
		return fmt.Errorf("reading the tree of %q: %w", s.commit, err)
	}
	return f(env)
}

// The method "git" runs the program git at the root of the clone, and returns the
// output without the last newline.
func (s source) git(ctx context.Context, env []string, args ...string) (string, error) {
	top, err := command(ctx, s.repo, nil, "git", "rev-parse", "--show-toplevel")
	if err != nil {
		return "", err
	}
	return command(ctx, top, env, "git", args...)
}

// command runs a program in the folder "dir" and returns the standard output of the
// program. The program gets the environment of this process and the variables in the
// argument "env". If the program fails, the returned error contains what the program
// wrote to standard error.
func command(ctx context.Context, dir string, env []string, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("%s %s: %w\n%s", name, args[0], err, bytes.TrimSpace(stderr.Bytes()))
	}
	return strings.TrimSuffix(stdout.String(), "\n"), nil
}
