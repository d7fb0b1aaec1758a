package publish

import (
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/image/compress"
	"github.com/ghcr-publish/ghcr-publish/internal/input"
	"github.com/ghcr-publish/ghcr-publish/internal/registry/retry"
)

// Request is a validated request to publish one image. The commands set different
// types in the fields Source, Proof, Attachments and Gate. All other fields contain only data.
type Request struct {
	Source       Source
	Proof        Proof
	Attachments  Attachments
	Gate         Gate
	Destinations []name.Repository // at least one
	Naming       input.Naming
	// ByDigest is true if the image is pushed without tags.
	ByDigest bool
	// Digest is the digest that the image must have. Digest is zero if the image may
	// have any digest.
	Digest  v1.Hash
	Changes Changes
	Tags    TagPolicy
	Losses  LossPolicy
	// IfPublished is the reaction to an image that is already published.
	IfPublished input.IfPublished
	Visibility  VisibilityPolicy
	Verify      Verify
	OnReadOnly  input.ReadOnlyPolicy
	// ArchiveFolder is the folder in which on-readonly: archive writes the archive.
	// If ArchiveFolder is empty, the run uses the working directory.
	ArchiveFolder string
	Attestation   AttestPolicy
	DryRun        bool
}

// AttestPolicy states which attestations the run makes, and where it stores them.
type AttestPolicy struct {
	input.Attestation
	Sleep retry.Sleeper // nil: the real clock
}

// Changes are the changes that the run makes to the image before it publishes the
// image.
type Changes struct {
	// Platforms are the platforms of an index that the run publishes. If Platforms is
	// empty, the run publishes all platforms.
	Platforms []v1.Platform
	// LinkTo is the URL of the Git repository that the package is linked to. The URL
	// becomes a label and an annotation. If LinkTo is empty, the package gets no
	// link.
	LinkTo string
	// Strip is true if the run removes the attestations of BuildKit.
	Strip bool
	// Legacy is true if the run writes the attestations of BuildKit in the form of BuildKit
	// before version 0.32.
	Legacy bool
	// Compression is the wanted compression of the layers. The zero value keeps each
	// layer unchanged.
	Compression compress.Method
	// PushForeign is true if the run also uploads the layers that clients download from
	// a URL in the manifest.
	PushForeign bool
}

// TagPolicy states which tags may move.
type TagPolicy struct {
	Overwrite input.Overwrite
	// Monotonic is true if the run keeps a moving tag that points at a newer image.
	Monotonic bool
	// OnlyNewer is true if the run moves a tag only when it knows that the new image
	// is newer.
	OnlyNewer bool
}

// LossPolicy states which images must not replace the images that the tags point at.
type LossPolicy struct {
	// OnLoss is the reaction to an image that lacks parts of an image that it replaces.
	OnLoss input.LossPolicy
	// Limit is the maximum size of the image for each platform.
	Limit input.SizeLimit
}

// needsPrevious reports whether the run must know the images that the tags point at
// before a tag moves.
func (p LossPolicy) needsPrevious() bool { return p.OnLoss == input.LossFail || p.Limit.Grows }

// VisibilityPolicy states the wanted visibility of the packages.
type VisibilityPolicy struct {
	Want input.Visibility
	// FailOnMismatch is true if a different or unknown visibility is an error.
	FailOnMismatch bool
}

// Verify selects the checks after the push.
type Verify struct {
	Level input.Verification
	// RootOnly limits the anonymous pull to the root. The jobs that pushed the
	// platform images have already pulled these images.
	RootOnly bool
}
