package diag

// These error codes are used by several packages. Every other error code is
// declared in the package that reports the error.
const (
	// CodeNoTags means that no input and no tag rule gives a tag for the image.
	CodeNoTags = "no-tags"
	// CodeNoDigests means that the input "digests" contains no digest.
	CodeNoDigests = "no-digests"
	// CodeDigestInvalid means that a value is not a digest.
	CodeDigestInvalid = "digest-invalid"
	// CodeDigestNameInvalid means that the value of the input "digest-name" is
	// invalid.
	CodeDigestNameInvalid = "digest-name-invalid"
	// CodePlatformMissing means that an index, the outputs of a job or the
	// files do not contain a required platform.
	CodePlatformMissing = "platform-missing"
	// CodeSourceNotFound means that the source does not exist.
	CodeSourceNotFound = "source-not-found"
	// CodeSourceBlobWrong means that the content of a blob in the source does
	// not match the digest of the blob.
	CodeSourceBlobWrong = "source-blob-wrong"
	// CodeEngineUnreachable means that the Docker engine does not respond.
	CodeEngineUnreachable = "engine-unreachable"
)
