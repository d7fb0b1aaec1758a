package refusal

import "github.com/ghcr-publish/ghcr-publish/internal/diag"

// The codes of refusals, in the order of Table. The codes do not change, because
// scripts and docs/refusals.md use them.
const (
	// CodeOtherRegistryDenied is the code for a registry other than GitHub's that
	// requires a login or refuses the login.
	CodeOtherRegistryDenied = "other-registry-denied"
	// CodeWritePackage is the code for an existing package to which the
	// repository may not write.
	CodeWritePackage = "write-package"
	// CodeCreatePackage is the code for a package that the token may not
	// create.
	CodeCreatePackage = "create-package"
	// CodeWriteDenied is the code for a token that may not write.
	CodeWriteDenied = "write-denied"
	// CodeReadDenied is the code for a package that the token may not read.
	CodeReadDenied = "read-denied"
	// CodeTokenScopes is the code for a token whose scopes do not allow the
	// request.
	CodeTokenScopes = "token-scopes"
	// CodeInstallationGone is the code for a token whose owner or installation
	// no longer exists.
	CodeInstallationGone = "installation-gone"
	// CodeOwnerNotFound is the code for an owner that does not exist.
	CodeOwnerNotFound = "owner-not-found"
	// CodeSecondaryRateLimit is the code for GitHub's secondary rate limit.
	CodeSecondaryRateLimit = "secondary-rate-limit"
	// CodeTooManyRequests is the code for status 429 to all attempts of a request.
	CodeTooManyRequests = "too-many-requests"
	// CodeNameInvalid is the code for an image name that the registry does not
	// accept.
	CodeNameInvalid = "name-invalid"
	// CodeUploadTooLarge is the code for status 413.
	CodeUploadTooLarge = "upload-too-large"
	// CodeNotAuthenticated is the code for status 401 after a new token
	// exchange.
	CodeNotAuthenticated = "not-authenticated"
	// CodeDenied is the code for status 403 without a reason.
	CodeDenied = "denied"
	// CodeNotARegistry is the code for a response that no registry sends, such as the
	// login page of a network.
	CodeNotARegistry = "not-a-registry"
	// CodeFrontEndFailed is the code for a web page with an error status, which a front
	// end of the registry or a proxy sends.
	CodeFrontEndFailed = "front-end-failed"
	// CodeOtherHostRefused is the code for a refusal by a host to which the registry
	// sent the request.
	CodeOtherHostRefused = "other-host-refused"
	// CodeWrongScheme is the code for a request without TLS to a port for HTTPS.
	CodeWrongScheme = "https-required"
	// CodeAttestationRefused is the code for an attestation in the form of BuildKit 0.32
	// and later that the registry does not accept.
	CodeAttestationRefused = "attestation-refused"
	// CodeRegistryRefused reports a response that no other code explains.
	CodeRegistryRefused = "registry-refused"
)

// The codes of failures without an error response of the registry.
const (
	// CodeUploadTruncated is the code for an upload that ended at the
	// registry's time limit.
	CodeUploadTruncated = "upload-truncated"
	// CodeDownloadTruncated is the code for a download that ended early in all
	// attempts.
	CodeDownloadTruncated = "download-truncated"
	// CodeSourceBlobWrong is the code for a blob that differs from its
	// descriptor. Package source has the same code.
	CodeSourceBlobWrong = diag.CodeSourceBlobWrong
	// CodeCertificateUntrusted is the code for a registry whose certificate is
	// not trusted.
	CodeCertificateUntrusted = "certificate-untrusted"
	// CodeLocationUnusable is the code for a redirect, an upload session or a page of a
	// list whose address cannot be used.
	CodeLocationUnusable = "location-unusable"
	// CodeResponseWrong is the code for a response that a registry does not send, such as
	// a manifest with another digest.
	CodeResponseWrong = "response-wrong"
	// CodeRegistryUnreachable is the code for a registry that does not respond.
	CodeRegistryUnreachable = "registry-unreachable"
)
