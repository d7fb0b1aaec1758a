package push

import (
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/github"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
)

// Result is what became true, also where the run ended half way. Nothing in
// it is a hope: a tag counts as moved when the registry confirmed it, and as
// proven when it was read back.
type Result struct {
	Root    *image.Manifest
	Targets []*TargetResult
	// Transfer is how long blobs and manifests took.
	Transfer time.Duration
}

// TargetResult is one repository.
type TargetResult struct {
	Repo name.Repository
	// Blobs counts by way: uploaded, mounted, present.
	Blobs map[registry.BlobOutcome]Tally
	// Complete says that the root and all below it are in the repository.
	Complete bool
	// Manifests is how many were written by their digest.
	Manifests int
	Tags      []*TagResult
	// Proven says that the digest was read back by digest.
	Proven bool
	// Anonymous is what a stranger's pull met.
	Anonymous Anonymous
	// Package is GitHub's record after publishing; nil where there is none to
	// speak of (another registry, verify: none).
	Package *github.EnsureResult
}

// Tally counts blobs and their bytes as sent.
type Tally struct {
	Count int
	Bytes int64
}

// TagState is what is known of a tag at the end.
type TagState string

// The states of a tag.
const (
	Untouched TagState = "untouched" // the run did not get to it
	Already   TagState = "already"   // it pointed at the root before
	Moved     TagState = "moved"     // the registry confirmed the write
	Unclear   TagState = "unclear"   // the write was sent and no answer came
	Held      TagState = "held"      // it points at something newer, and stays there
)

// TagResult is one tag.
type TagResult struct {
	Tag    name.Tag
	Before *v1.Hash // nil: absent, or nobody asked
	State  TagState
	// Proven says that the tag was read back at the root's digest.
	Proven bool
}

// Anonymous is the outcome of a pull without credentials.
type Anonymous string

// The outcomes of an anonymous pull.
const (
	NotTried Anonymous = ""
	Verified Anonymous = "verified" // every manifest read, every blob reachable
	Refused  Anonymous = "refused"  // a stranger may not pull
	Unproven Anonymous = "unknown"  // it could not be tried to the end
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

// Pushed reports whether every target is complete and every tag of it was
// read back at the root's digest.
func (r *Result) Pushed() bool {
	for _, t := range r.Targets {
		if !t.Complete || !t.Proven {
			return false
		}
		for _, tag := range t.Tags {
			if !tag.Proven && tag.State != Held {
				return false
			}
		}
	}
	return len(r.Targets) > 0
}
