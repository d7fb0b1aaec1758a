package publish

import "github.com/ghcr-publish/ghcr-publish/internal/diag"

// These are the codes of the errors and notices of package publish.
const (
	// CodeNoTags reports that no rule produced a tag.
	CodeNoTags = diag.CodeNoTags
	// CodeEventSkipped reports an event for which the run publishes nothing, and succeeds.
	CodeEventSkipped = "event-skipped"
	// CodeDigestDiffers reports an image without the expected digest.
	CodeDigestDiffers = "digest-differs"
	// CodePushRefused reports that a real run would fail, because the token may not push.
	CodePushRefused = "push-refused"
	// CodeArchiveUnwritten reports an archive that could not be written.
	CodeArchiveUnwritten = "archive-unwritten"
	// CodeTagExists reports a tag that exists and that the input overwrite protects.
	CodeTagExists = "tag-exists"
	// CodeTagKept reports a tag that was not moved to an older image.
	CodeTagKept = "tag-kept"
	// CodeTagRewritten reports a tag that another run had moved to an older image.
	CodeTagRewritten = "tag-rewritten"
	// CodeAttachmentKept reports that an attachment was not replaced, because the
	// destination has a different manifest under its tag.
	CodeAttachmentKept = "attachment-kept"
	// CodeVisibilityNeedsOwner reports a visibility that only an owner can change.
	CodeVisibilityNeedsOwner = "visibility-needs-owner"
	// CodeTokenTooWide reports a token with more scopes than publishing needs.
	CodeTokenTooWide = "token-wide"
	// CodePlatformAmbiguous reports that an index contains several images for one
	// platform, so no output contains the digest of this platform.
	CodePlatformAmbiguous = "platform-ambiguous"
	// CodeTokenExpires reports a token that expires soon.
	CodeTokenExpires = "token-ends"
)
