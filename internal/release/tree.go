package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/semver"

	"github.com/ghcr-publish/ghcr-publish/internal/release/launch"
)

// release contains the parameters of one release.
type release struct {
	source
	version   string // version is, for example, "v1.2.3".
	previous  string // previous is the commit of the previous release with the same major version. previous is "" for the first release.
	out       string // out is the folder of the tree.
	programs  string // programs is the folder of the programs and of SHA256SUMS.
	platforms []launch.Platform
	level     int // level is the compression level of zstd.
}

// bestLevel is the compression level of zstd. Decompression needs more memory
// for higher levels. Compression with bestLevel takes about half a minute per
// architecture.
const bestLevel = 19

// writeTree writes the programs and the tree of the release. The tree contains
// the files of the commit, the compressed programs and the release manifest.
// writeTree builds the programs from the written tree, because users get only
// the files of this tree.
func (r release) writeTree(ctx context.Context) error {
	if !semver.IsValid(r.version) || semver.Canonical(r.version) != r.version {
		return fmt.Errorf("the version %q does not have the form v1.2.3", r.version)
	}
	m := launch.Manifest{Version: r.version, Commit: r.commit, Date: r.date, Platforms: map[string]launch.Program{}}
	var err error
	if m.Go, err = toolchain(ctx); err != nil {
		return err
	}
	if err := r.export(ctx, r.out); err != nil {
		return err
	}
	if m.Zstd, err = compressor(ctx); err != nil {
		return err
	}
	if err := r.writePrograms(ctx, m); err != nil {
		return err
	}
	if err := r.pack(ctx, m); err != nil {
		return err
	}
	return m.Write(r.out)
}

// writePrograms builds the programs, and writes their checksums into the
// release manifest and into SHA256SUMS. Users can download the programs and
// SHA256SUMS from the page of the release.
func (r release) writePrograms(ctx context.Context, m launch.Manifest) (err error) {
	b := build{root: r.out, version: r.version, commit: r.commit, date: r.date}
	for _, p := range r.platforms {
		if m.Platforms[p.String()], err = b.program(ctx, p, r.program(p)); err != nil {
			return err
		}
	}
	if err := os.WriteFile(filepath.Join(r.programs, "SHA256SUMS"), sums(m), 0o644); err != nil {
		return fmt.Errorf("writing the checksums: %w", err)
	}
	return nil
}

// program returns the path of the program for a platform.
func (r release) program(p launch.Platform) string { return filepath.Join(r.programs, p.Name()) }

// sums returns the checksums in the format that sha256sum --check reads.
func sums(m launch.Manifest) []byte {
	var b strings.Builder
	for _, p := range launch.Platforms() {
		if program, ok := m.Platforms[p.String()]; ok {
			fmt.Fprintf(&b, "%s  %s\n", program.SHA256, p.Name())
		}
	}
	return []byte(b.String())
}

// inTree converts a slash-separated path in a tree into the path of a file. The argument
// "root" is the folder of the tree.
func inTree(root, path string) string { return filepath.Join(root, filepath.FromSlash(path)) }

// commitTree creates a commit of the tree and returns the ID of the commit. The
// first parent is the commit of the sources. The second parent is the previous
// release, so that the push of the release branch is a fast-forward. The
// author, the dates and the message are fixed, so that each user can reproduce
// the ID. commitTree changes no branch or tag.
func (r release) commitTree(ctx context.Context) (string, error) {
	work, err := filepath.Abs(r.out)
	if err != nil {
		return "", fmt.Errorf("resolving the path %q: %w", r.out, err)
	}
	var id string
	err = r.withIndex(ctx, func(env []string) error {
		dir, err := r.git(ctx, nil, "rev-parse", "--absolute-git-dir")
		if err != nil {
			return err
		}
		env = append(env, "GIT_DIR="+dir, "GIT_WORK_TREE="+work)
		if _, err := r.git(ctx, env, "-C", work, "add", "--force", "--", launch.Bin, launch.ManifestFile); err != nil {
			return err
		}
		tree, err := r.git(ctx, env, "write-tree")
		if err != nil {
			return err
		}
		args := append([]string{"commit-tree", "-m", "Release " + r.version, "-p", r.commit}, r.secondParent()...)
		id, err = r.git(ctx, append(env, r.identity()...), append(args, tree)...)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("creating the release commit: %w", err)
	}
	return id, nil
}

// secondParent returns the arguments of git commit-tree that add the previous
// release as a parent.
func (r release) secondParent() []string {
	if r.previous == "" {
		return nil
	}
	return []string{"-p", r.previous}
}

// identity returns environment variables for git. These variables set the
// author and the committer to the account of GitHub Actions.
func (r release) identity() []string {
	const name, mail = "github-actions[bot]", "41898282+github-actions[bot]@users.noreply.github.com"
	return []string{
		"GIT_AUTHOR_NAME=" + name, "GIT_AUTHOR_EMAIL=" + mail, "GIT_AUTHOR_DATE=" + r.date,
		"GIT_COMMITTER_NAME=" + name, "GIT_COMMITTER_EMAIL=" + mail, "GIT_COMMITTER_DATE=" + r.date,
	}
}
