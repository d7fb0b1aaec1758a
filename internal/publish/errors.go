package publish

import "github.com/ghcr-publish/ghcr-publish/internal/diag"

// These are the codes of the errors and notices of package publish.
const (
	// CodeNoTags means that no tag rule gives a tag.
	CodeNoTags = diag.CodeNoTags
	// CodeEventSkipped means that the run publishes nothing for this event, and
	// succeeds.
	CodeEventSkipped = "event-skipped"
	// CodeDigestDiffers means that the image does not have the digest in the input
	// expected-digest.
	CodeDigestDiffers = "digest-differs"
	// CodePushRefused reports that a real run would fail, because the token is not
	// allowed to push.
	CodePushRefused = "push-refused"
	// CodeArchiveUnwritten means that the run could not write the archive for
	// on-readonly: archive.
	CodeArchiveUnwritten = "archive-unwritten"
	// CodeTagTechnical means that an image would get a tag under which clients search for
	// the signatures or the referrers of another image.
	CodeTagTechnical = "tag-technical"
	// CodeTagExists means that a tag already exists with another digest. The input
	// "overwrite" does not allow the run to move this tag.
	CodeTagExists = "tag-exists"
	// CodePublishedBefore means that the image of this run is already published, and the
	// input "if-published" does not allow the run to continue.
	CodePublishedBefore = "published-before"
	// CodePublishedUsed reports that the run used the image that is already published,
	// and did not open its source.
	CodePublishedUsed = "published-used"
	// CodePublishedDiffers reports that a version tag of the run exists, but does not
	// show that the image of the run is already published. The run continues.
	CodePublishedDiffers = "published-differs"
	// CodeNoVersionTag reports that the run has no version tag, so the input
	// "if-published" has no effect.
	CodeNoVersionTag = "version-tag-missing"
	// CodeTagKept means that the run did not move a tag, because the tag points at a
	// newer image.
	CodeTagKept = "tag-kept"
	// CodeTagRewritten means that another run pointed a tag at an older image at the same
	// time. This run pointed the tag at the newer image again.
	CodeTagRewritten = "tag-rewritten"
	// CodeAttachmentKept means that the run did not copy an attachment, because the tag
	// of the attachment points at another manifest in the destination.
	CodeAttachmentKept = "attachment-kept"
	// CodeLoss reports that a tag moved to an image that lacks parts of the previous
	// image.
	CodeLoss = "loss"
	// CodeLossRefused means that the run moved no tag, because the image lacks parts of the
	// previous image. Only a run with on-loss: fail returns this error.
	CodeLossRefused = "loss-refused"
	// CodeSizeLimit means that the run moved no tag, because the image is larger than the
	// input "size-limit" allows.
	CodeSizeLimit = "size-limit"
	// CodeNotCompared reports that the run could not compare the image with the previous
	// image of a tag.
	CodeNotCompared = "not-compared"
	// CodeVisibilityNeedsOwner means that an owner must change the visibility of the
	// package.
	CodeVisibilityNeedsOwner = "visibility-needs-owner"
	// CodeTokenTooWide means that the token has more scopes than publishing needs.
	CodeTokenTooWide = "token-wide"
	// CodePlatformAmbiguous reports that an index contains several images for one
	// platform, so no output contains the digest of this platform.
	CodePlatformAmbiguous = "platform-ambiguous"
	// CodeLayersNotRecorded means that later steps of the job cannot mount the layers of
	// the image.
	CodeLayersNotRecorded = "layers-not-recorded"
	// CodeGateFailed means that the script in the input "gate" did not accept the image.
	// The image is in the registry, but no tag moved.
	CodeGateFailed = "gate-failed"
	// CodeGateNoShell means that the machine has no shell that can run the script in the
	// input "gate".
	CodeGateNoShell = "gate-shell-missing"
	// CodeNotAttested reports that the run published the image without an attestation, or
	// that a real run could not attest the image.
	CodeNotAttested = "not-attested"
	// CodeAttestationAPI reports that GitHub's API does not store the attestation.
	CodeAttestationAPI = "attestation-api-refused"
	// CodeReleasePartial means that a release of several images failed while its tags moved,
	// and that some tags do not have their previous state.
	CodeReleasePartial = "release-partial"
	// CodeTokenExpires means that the token expires soon.
	CodeTokenExpires = "token-ends"
)
