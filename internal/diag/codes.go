package diag

// These error codes are used by several packages. Every other error code is
// declared in the package that reports the error.
const (
	// CodeNoTags means that the image would get no tag.
	CodeNoTags = "no-tags"
	// CodeNoDigests means that the input "digests" contains no digest.
	CodeNoDigests = "no-digests"
	// CodeDigestInvalid means that a value of an input is not a digest.
	CodeDigestInvalid = "digest-invalid"
	// CodeDigestNameInvalid means that the input "digest-name" has an invalid value.
	CodeDigestNameInvalid = "digest-name-invalid"
	// CodePlatformMissing means that a platform is missing in an index, in the outputs of
	// a job or in the input "content".
	CodePlatformMissing = "platform-missing"
	// CodeSourceNotFound means that the source of the image does not exist.
	CodeSourceNotFound = "source-not-found"
	// CodeSourceNotLayout means that the source exists, but is not an image.
	CodeSourceNotLayout = "source-not-a-layout"
	// CodeSourceBlobWrong means that the content of a blob in the source does not match
	// its digest.
	CodeSourceBlobWrong = "source-blob-wrong"
	// CodeEngineUnreachable means that the Docker engine does not respond.
	CodeEngineUnreachable = "engine-unreachable"
)
