package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/release/launch"
)

// findPrevious finds the commit of the previous release with the same major version. If
// the argument "id" is "", no such release exists, and findPrevious returns "".
//
// The commit of the previous release is a parent of the new release commit. The
// branch of a major version therefore contains all releases of this version.
// GitHub's tool for lock files (github/gh-actions-lock) requires that a locked
// commit is on a branch. The locked commit must also be an ancestor of the
// commit of the tag v1. Otherwise, gh actions-lock reports a changed lock file.
func (s source) findPrevious(ctx context.Context, id, version string) (string, error) {
	if id == "" {
		return "", nil
	}
	commit, err := s.git(ctx, nil, "rev-parse", "--verify", "--end-of-options", id+"^{commit}")
	if err != nil {
		return "", fmt.Errorf("looking up the previous release %q: %w", id, err)
	}
	raw, err := s.git(ctx, nil, "show", commit+":"+launch.ManifestFile)
	if err != nil {
		return "", fmt.Errorf("reading the manifest of the previous release %q: %w", id, err)
	}
	var m launch.Manifest
	if err := json.Unmarshal([]byte(raw), &m); err != nil {
		return "", fmt.Errorf("decoding the manifest of the previous release %q: %w", id, err)
	}
	if m.Version == version || major(m.Version) != major(version) {
		return "", fmt.Errorf("the previous release %q has the version %q, but it must be an earlier release of %s", id, m.Version, major(version))
	}
	return commit, nil
}

// major returns the major version of a version, for example "v1" for "v1.2.3".
func major(version string) string {
	out, _, _ := strings.Cut(version, ".")
	return out
}
