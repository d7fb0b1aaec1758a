package ghcrtest

// The codes of error responses, as ghcr.io sends them (docs/ghcr.md, Refusals;
// distribution-spec, "Error Codes").
const (
	CodeBlobUnknown         = "BLOB_UNKNOWN"                    // the repository does not have the blob
	CodeBlobUploadInvalid   = "BLOB_UPLOAD_INVALID"             // the upload session cannot accept the request
	CodeBlobUploadUnknown   = "BLOB_UPLOAD_UNKNOWN"             // the upload session does not exist
	CodeDenied              = "DENIED"                          // the credential does not permit the request
	CodeDigestInvalid       = "DIGEST_INVALID"                  // the digest is malformed, or does not match the content
	CodeManifestBlobUnknown = "MANIFEST_BLOB_UNKNOWN"           // the repository does not have a blob of the manifest
	CodeManifestInvalid     = "MANIFEST_INVALID"                // the manifest is malformed or too large
	CodeManifestUnknown     = "MANIFEST_UNKNOWN"                // the repository does not have the manifest
	CodeNameInvalid         = "NAME_INVALID"                    // the repository name is malformed
	CodeNameUnknown         = "NAME_UNKNOWN"                    // the repository does not exist
	CodePageSizeInvalid     = "PAGINATION_NUMBER_INVALID"       // the number of results is malformed
	CodeRangeNotSatisfiable = "REQUESTED_RANGE_NOT_SATISFIABLE" // the chunk is too large
	CodeSizeInvalid         = "SIZE_INVALID"                    // the range and the body have different lengths
	CodeTagInvalid          = "TAG_INVALID"                     // the tag is malformed
	CodeTooManyRequests     = "TOOMANYREQUESTS"                 // the rate limit is exceeded
	CodeUnauthorized        = "UNAUTHORIZED"                    // the request has no usable token
	CodeUnavailable         = "UNAVAILABLE"                     // the service is temporarily unavailable
	CodeUnknown             = "UNKNOWN"                         // the server itself failed
	CodeUnsupported         = "UNSUPPORTED"                     // the registry does not support the operation
)
