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

// source is the commit a release is made from.
type source struct {
	repo   string // a folder inside the clone
	commit string // the full id
	date   string // when it was made: RFC 3339, UTC
}

// lookUp finds a commit in the clone around repo.
func lookUp(ctx context.Context, repo, commit string) (source, error) {
	s := source{repo: repo}
	var err error
	if s.commit, err = s.git(ctx, nil, "rev-parse", "--verify", "--end-of-options", commit+"^{commit}"); err != nil {
		return s, fmt.Errorf("looking up the commit %q: %w", commit, err)
	}
	made, err := s.git(ctx, nil, "show", "--no-patch", "--format=%cI", s.commit)
	if err != nil {
		return s, fmt.Errorf("looking up the date of %q: %w", s.commit, err)
	}
	when, err := time.Parse(time.RFC3339, made)
	if err != nil {
		return s, fmt.Errorf("reading the date of %q: %w", s.commit, err)
	}
	s.date = when.UTC().Format(time.RFC3339)
	return s, nil
}

// export writes the commit's tree into the new folder out. What lies about in
// the clone's working tree does not get in.
func (s source) export(ctx context.Context, out string) error {
	if err := os.MkdirAll(filepath.Dir(out), 0o755); err != nil {
		return fmt.Errorf("making a place for the tree: %w", err)
	}
	if err := os.Mkdir(out, 0o755); err != nil {
		return fmt.Errorf("making the tree: %w", err)
	}
	return s.withIndex(ctx, func(index []string) error {
		prefix, err := filepath.Abs(out)
		if err != nil {
			return fmt.Errorf("finding %q: %w", out, err)
		}
		if _, err := s.git(ctx, index, "checkout-index", "--all", "--prefix="+filepath.ToSlash(prefix)+"/"); err != nil {
			return fmt.Errorf("writing the tree of %q: %w", s.commit, err)
		}
		return nil
	})
}

// withIndex calls f with an environment that gives git an index of its own,
// holding the commit's tree, so that the clone's index is left alone.
func (s source) withIndex(ctx context.Context, f func(env []string) error) error {
	dir, err := os.MkdirTemp("", "release-")
	if err != nil {
		return fmt.Errorf("making a folder for git's index: %w", err)
	}
	defer os.RemoveAll(dir)
	env := []string{"GIT_INDEX_FILE=" + filepath.Join(dir, "index")}
	if _, err := s.git(ctx, env, "read-tree", s.commit); err != nil {
		return fmt.Errorf("reading the tree of %q: %w", s.commit, err)
	}
	return f(env)
}

// git runs git at the top of the clone and returns what it prints, without the
// last newline.
func (s source) git(ctx context.Context, env []string, args ...string) (string, error) {
	top, err := command(ctx, s.repo, nil, "git", "rev-parse", "--show-toplevel")
	if err != nil {
		return "", err
	}
	return command(ctx, top, env, "git", args...)
}

// command runs a program in dir with env on top of this process's environment.
// An error holds what the program said on stderr.
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
