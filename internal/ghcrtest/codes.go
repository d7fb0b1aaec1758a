package ghcrtest

// ghcr.io sends these codes in error responses (docs/ghcr.md, Refusals;
// distribution-spec, "Error Codes").
const (
	CodeBlobUnknown         = "BLOB_UNKNOWN"                    // The repository does not have the blob.
	CodeBlobUploadInvalid   = "BLOB_UPLOAD_INVALID"             // The upload session cannot accept the request.
	CodeBlobUploadUnknown   = "BLOB_UPLOAD_UNKNOWN"             // The upload session does not exist.
	CodeDenied              = "DENIED"                          // The credential does not permit the request.
	CodeDigestInvalid       = "DIGEST_INVALID"                  // The digest is malformed, or does not match the content.
	CodeManifestBlobUnknown = "MANIFEST_BLOB_UNKNOWN"           // The repository does not have a blob of the manifest.
	CodeManifestInvalid     = "MANIFEST_INVALID"                // The manifest is malformed or too large.
	CodeManifestUnknown     = "MANIFEST_UNKNOWN"                // The repository does not have the manifest.
	CodeNameInvalid         = "NAME_INVALID"                    // The repository name is malformed.
	CodeNameUnknown         = "NAME_UNKNOWN"                    // The repository does not exist.
	CodePageSizeInvalid     = "PAGINATION_NUMBER_INVALID"       // The number of results is malformed.
	CodeRangeNotSatisfiable = "REQUESTED_RANGE_NOT_SATISFIABLE" // The chunk is too large.
	CodeSizeInvalid         = "SIZE_INVALID"                    // The range and the body have different lengths.
	CodeTagInvalid          = "TAG_INVALID"                     // The tag is malformed.
	CodeTooManyRequests     = "TOOMANYREQUESTS"                 // The rate limit is exceeded.
	CodeUnauthorized        = "UNAUTHORIZED"                    // The request has no usable token.
	CodeUnavailable         = "UNAVAILABLE"                     // The service is temporarily unavailable.
	CodeUnknown             = "UNKNOWN"                         // The server itself failed.
	CodeUnsupported         = "UNSUPPORTED"                     // The registry does not support the operation.
)
