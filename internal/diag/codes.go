package diag

// The codes that several packages use. All other codes belong to the package that
// reports them.
const (
	// CodeNoTags reports an image without a tag to publish under.
	CodeNoTags = "no-tags"
	// CodeNoDigests reports that the input digests contains no digest.
	CodeNoDigests = "no-digests"
	// CodeDigestInvalid reports a value that is not a digest.
	CodeDigestInvalid = "digest-invalid"
	// CodeDigestNameInvalid reports an invalid input digest-name.
	CodeDigestNameInvalid = "digest-name-invalid"
	// CodePlatformMissing reports a platform that is missing in an index, in the
	// outputs of a job or in the files.
	CodePlatformMissing = "platform-missing"
	// CodeSourceNotFound reports a source that does not exist.
	CodeSourceNotFound = "source-not-found"
	// CodeSourceBlobWrong reports a blob of the source whose content does not match
	// its digest.
	CodeSourceBlobWrong = "source-blob-wrong"
	// CodeEngineUnreachable reports a Docker engine that does not respond.
	CodeEngineUnreachable = "engine-unreachable"
)
