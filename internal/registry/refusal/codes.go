package refusal

import "github.com/ghcr-publish/ghcr-publish/internal/diag"

// The following codes identify refusals. The codes have the order of Table. A
// code never changes, because scripts and docs/refusals.md use the codes.
const (
	// CodeOtherRegistryDenied reports that a registry other than GitHub's
	// requires a login or refuses the login.
	CodeOtherRegistryDenied = "other-registry-denied"
	// CodeWritePackage is the code for an existing package that does not allow the
	// repository to write.
	CodeWritePackage = "write-package"
	// CodeCreatePackage is the code for a token that is not allowed to create the
	// package.
	CodeCreatePackage = "create-package"
	// CodeWriteDenied is the code for a token that is not allowed to write.
	CodeWriteDenied = "write-denied"
	// CodeReadDenied is the code for a token that is not allowed to read the package.
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
	// CodeTooManyRequests is the code for a request that got status 429 in all
	// attempts.
	CodeTooManyRequests = "too-many-requests"
	// CodeNameInvalid is the code for an image name that the registry does not
	// accept.
	CodeNameInvalid = "name-invalid"
	// CodeUploadTooLarge is the code for status 413.
	CodeUploadTooLarge = "upload-too-large"
	// CodeNotAuthenticated is the code for a request that got status 401 again
	// after a new token exchange.
	CodeNotAuthenticated = "not-authenticated"
	// CodeDenied is the code for status 403 without a reason.
	CodeDenied = "denied"
	// CodeNotARegistry is the code for a response that no registry sends, such as the
	// login page of a network.
	CodeNotARegistry = "not-a-registry"
	// CodeFrontEndFailed is the code for a web page with an error status. A
	// front end of the registry or a proxy sends such a page.
	CodeFrontEndFailed = "front-end-failed"
	// CodeOtherHostRefused is the code for a refusal by another host to which
	// the registry directed the request.
	CodeOtherHostRefused = "other-host-refused"
	// CodeWrongScheme is the code for a request without TLS to a port that
	// accepts only HTTPS.
	CodeWrongScheme = "https-required"
	// CodeAttestationRefused means that the registry does not accept an attestation in
	// the form of BuildKit 0.32 and later.
	CodeAttestationRefused = "attestation-refused"
	// CodeRegistryRefused means that the registry refused a request for a reason that
	// has no other code.
	CodeRegistryRefused = "registry-refused"
)

// The following codes identify failures without an error response of the
// registry.
const (
	// CodeUploadTruncated means that the registry ended an upload at its time limit.
	CodeUploadTruncated = "upload-truncated"
	// CodeDownloadTruncated means that all attempts of a download ended early.
	CodeDownloadTruncated = "download-truncated"
	// CodeSourceBlobWrong is the code for a blob whose content differs from its
	// descriptor. Package source uses the same code.
	CodeSourceBlobWrong = diag.CodeSourceBlobWrong
	// CodeCertificateUntrusted means that the certificate of a registry is not trusted.
	CodeCertificateUntrusted = "certificate-untrusted"
	// CodeLocationUnusable means that the program cannot use the address of a redirect,
	// of an upload session or of the next page of a list.
	CodeLocationUnusable = "location-unusable"
	// CodeResponseWrong means that a registry sent a response that is not HTTP or is
	// incomplete, or a response with a success status but wrong content, such as a
	// manifest with another digest.
	CodeResponseWrong = "response-wrong"
	// CodeRegistryUnreachable means that a registry does not respond.
	CodeRegistryUnreachable = "registry-unreachable"
)
