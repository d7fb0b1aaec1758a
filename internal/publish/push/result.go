package push

import (
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/github"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
)

// Result is the state of the destinations at the end of a run. A failed run also has a
// result. A tag counts as moved if the registry has confirmed the write. A tag counts
// as proven if the run has read the tag back.
type Result struct {
	Root    *image.Manifest
	Targets []*TargetResult
	// Transfer is the time that the run needed to transfer the blobs and manifests.
	Transfer time.Duration
}

// TargetResult is the state of one destination.
type TargetResult struct {
	Repo name.Repository
	// Blobs counts the blobs that were uploaded, mounted, or already present.
	Blobs map[registry.BlobOutcome]Tally
	// Complete is true if the repository has the root and all its children.
	Complete bool
	// Manifests is the number of manifests that were written by digest.
	Manifests int
	Tags      []*TagResult
	// Proven is true if the run has read the root back by its digest.
	Proven bool
	// Anonymous is the outcome of an anonymous pull.
	Anonymous Anonymous
	// Package is GitHub's record after the push. Package is nil for another registry,
	// and with verify: none.
	Package *github.EnsureResult
}

// Tally counts blobs and their transferred bytes.
type Tally struct {
	Count int
	Bytes int64
}

// TagState is the state of a tag at the end of a run.
type TagState string

// A tag has one of these states at the end of a run.
const (
	Untouched TagState = "untouched" // The run ended before it wrote this tag.
	Already   TagState = "already"   // The tag pointed at the root before the run.
	Moved     TagState = "moved"     // The registry confirmed the write.
	Unclear   TagState = "unclear"   // The registry neither confirmed nor refused the write.
	Restored  TagState = "restored"  // The run moved the tag, and then pointed it at its previous digest again.
	Elsewhere TagState = "elsewhere" // The run moved the tag. Then another run moved or deleted the tag, so the run did not restore the tag.
	Kept      TagState = "kept"      // The tag was not moved, because the tag policy forbids the move.
)

// Written reports whether the run has written a tag with this state, or has possibly
// written it.
func (s TagState) Written() bool {
	switch s {
	case Moved, Unclear, Restored, Elsewhere:
		return true
	case Untouched, Already, Kept:
	}
	return false
}

// TagResult is one tag.
type TagResult struct {
	Tag name.Tag
	// Before is the digest before the run moved the tag. Before is nil if the tag was
	// absent or was not read.
	Before *v1.Hash
	New    bool // New is true if the tag did not exist before the run.
	State  TagState
	// Now is the digest that the tag points at if its state is Elsewhere. Now is the zero
	// Hash if the tag does not exist any more, and in every other state.
	Now v1.Hash
	// Proven is true if the run has read the tag back, and the tag points at the root.
	Proven bool
}

// Anonymous is the outcome of a pull without credentials.
type Anonymous string

// An anonymous pull has one of these outcomes.
const (
	NotTried Anonymous = ""
	Verified Anonymous = "verified" // An anonymous client can pull the image.
	Refused  Anonymous = "refused"  // The registry refuses an anonymous client that pulls the image.
	Unproven Anonymous = "unknown"  // The pull failed for another reason.
)

// Changed reports whether the run wrote a blob, a manifest or a tag.
func (r *Result) Changed() bool {
	for _, t := range r.Targets {
		if t.Blobs[registry.Uploaded].Count+t.Blobs[registry.Mounted].Count+t.Manifests > 0 {
			return true
		}
		for _, tag := range t.Tags {
			if tag.State.Written() {
				return true
			}
		}
	}
	return false
}

// MovedTags returns the references of the tags that the run moved.
func (r *Result) MovedTags() map[string]bool {
	out := map[string]bool{}
	for _, t := range r.Targets {
		for _, tag := range t.Tags {
			if tag.State == Moved {
				out[tag.Tag.String()] = true
			}
		}
	}
	return out
}

// Pushed reports whether every target is complete and proven. Pushed returns false if
// a tag is neither proven nor kept.
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
