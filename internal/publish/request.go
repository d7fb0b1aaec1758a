package publish

import (
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/image/compress"
	"github.com/ghcr-publish/ghcr-publish/internal/input"
)

// Request is a validated order to publish one image. It holds data and the two
// parts that differ between the commands: the source and the attachments.
type Request struct {
	Source       Source
	Attachments  Attachments
	Destinations []name.Repository // at least one
	Naming       input.Naming
	// ByDigest pushes the image without tags.
	ByDigest bool
	// Digest is the digest that the image must have; zero for any.
	Digest     v1.Hash
	Changes    Changes
	Tags       TagPolicy
	Visibility VisibilityPolicy
	Verify     Verify
	OnReadOnly input.ReadOnlyPolicy
	// ArchiveFolder is the folder for the archive of on-readonly: archive. Empty
	// means the working directory.
	ArchiveFolder string
	DryRun        bool
}

// Changes are the changes to the image before it is published.
type Changes struct {
	// LinkTo is the page of the repository that the package is linked to. It
	// becomes a label and an annotation. Empty means no link.
	LinkTo string
	// Strip removes the attestations of BuildKit.
	Strip bool
	// Compression is the wanted compression of the layers. The zero value keeps each
	// layer unchanged.
	Compression compress.Method
	// PushForeign uploads layers that are meant to be fetched by URL.
	PushForeign bool
}

// TagPolicy states which tags may move.
type TagPolicy struct {
	Overwrite input.Overwrite
	// Monotonic keeps a moving tag that points at a newer image.
	Monotonic bool
	// OnlyNewer also keeps a moving tag if the order of the images is unknown.
	OnlyNewer bool
}

// VisibilityPolicy states the wanted visibility of the packages.
type VisibilityPolicy struct {
	Want input.Visibility
	// FailOnMismatch makes a different or unknown visibility an error.
	FailOnMismatch bool
}

// Verify states the proofs after the push.
type Verify struct {
	Level input.Verification
	// RootOnly limits the anonymous pull to the root. The runs that pushed the
	// children have verified them.
	RootOnly bool
}
