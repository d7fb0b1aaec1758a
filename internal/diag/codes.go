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
	// CodePlatformMissing reports a platform that an index, a job or the files lack.
	CodePlatformMissing = "platform-missing"
	// CodeSourceNotFound reports a source that does not exist.
	CodeSourceNotFound = "source-not-found"
	// CodeSourceBlobWrong reports a blob of the source that does not have its digest.
	CodeSourceBlobWrong = "source-blob-wrong"
	// CodeEngineUnreachable reports a Docker engine that does not answer.
	CodeEngineUnreachable = "engine-unreachable"
)
