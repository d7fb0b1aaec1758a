package push

import (
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/github"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
)

// Result is the state of the destinations at the end of a run, also of a run that
// failed. A tag counts as moved when the registry has confirmed the write, and as
// proven when the run has read it back.
type Result struct {
	Root    *image.Manifest
	Targets []*TargetResult
	// Transfer is the time that blobs and manifests took.
	Transfer time.Duration
}

// TargetResult is the state of one destination.
type TargetResult struct {
	Repo name.Repository
	// Blobs counts the blobs that were uploaded, mounted, or already present.
	Blobs map[registry.BlobOutcome]Tally
	// Complete reports that the repository has the root and all its children.
	Complete bool
	// Manifests is the number of manifests that were written by digest.
	Manifests int
	Tags      []*TagResult
	// Proven reports that the root was read back by digest.
	Proven bool
	// Anonymous is the outcome of an anonymous pull.
	Anonymous Anonymous
	// Package is GitHub's record after the push. It is nil for another registry and
	// with verify: none.
	Package *github.EnsureResult
}

// Tally counts blobs and their transferred bytes.
type Tally struct {
	Count int
	Bytes int64
}

// TagState is the state of a tag at the end.
type TagState string

// The states of a tag.
const (
	Untouched TagState = "untouched" // the run ended before this tag
	Already   TagState = "already"   // the tag pointed at the root before
	Moved     TagState = "moved"     // the registry confirmed the write
	Unclear   TagState = "unclear"   // the registry did not answer the write
	Kept      TagState = "kept"      // the tag was not moved, because it points at a newer image
)

// TagResult is one tag.
type TagResult struct {
	Tag    name.Tag
	Before *v1.Hash // digest before the run; nil if absent or not read
	New    bool     // the tag did not exist before the run
	State  TagState
	// Proven reports that the tag was read back and points at the root.
	Proven bool
}

// Anonymous is the outcome of a pull without credentials.
type Anonymous string

// The outcomes of an anonymous pull.
const (
	NotTried Anonymous = ""
	Verified Anonymous = "verified" // every manifest read, every blob reachable
	Refused  Anonymous = "refused"  // an anonymous client may not pull
	Unproven Anonymous = "unknown"  // the pull failed for another reason
)

// Changed reports whether the run wrote anything.
func (r *Result) Changed() bool {
	for _, t := range r.Targets {
		if t.Blobs[registry.Uploaded].Count+t.Blobs[registry.Mounted].Count+t.Manifests > 0 {
			return true
		}
		for _, tag := range t.Tags {
			if tag.State == Moved || tag.State == Unclear {
				return true
			}
		}
	}
	return false
}

// Pushed reports whether every target is complete and every tag was read back and
// points at the root.
func (r *Result) Pushed() bool {
	for _, t := range r.Targets {
		if !t.Complete || !t.Proven {
			return false
		}
		for _, tag := range t.Tags {
			if !tag.Proven && tag.State != Kept {
				return false
			}
		}
	}
	return len(r.Targets) > 0
}
