package ghcrtest

import (
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest/sigstore"
)

// Config configures a server. The zero value has no owners and no packages. A server
// with the zero value refuses every push, because the owner is unknown.
type Config struct {
	Owners       []Owner
	Repositories []Repository
	Credentials  []Credential
	Packages     []Package
	// Open is optional. If Open is set, the server creates an owner or a repository
	// at the first request that names this owner or repository.
	Open *Open
	// Answers chooses the behaviour for the open questions of docs/ghcr.md.
	Answers Answers
	// Faults contains the failures that the server simulates. [Server.Inject] adds
	// more.
	Faults []Fault
	// Dir is the directory in which the server stores blobs by digest. If Dir is
	// empty, the server keeps blobs in memory.
	Dir string
	// TokenTTL is the lifetime of a token that /token issues. Default: 5 minutes.
	TokenTTL time.Duration
	// DownloadTTL is the lifetime of a signed blob URL. Default: 5 minutes.
	DownloadTTL time.Duration
	// MaxBlob is the maximum size of a blob in bytes. Default: 10 GB, the limit of ghcr.io
	// (docs/ghcr.md, Blob upload).
	MaxBlob int64
	// Clock is the clock for the expiry of tokens, URLs and upload sessions. Default:
	// time.Now.
	Clock func() time.Time
	// Limits are the rate limits of the REST API. Default: the limits of GitHub.
	Limits Limits
	// Seed is optional. If Seed is set, the server starts with its package.
	Seed *Seed
	// MaxRequests is the number of requests that the record keeps. The server forgets the
	// oldest requests first. Default: no limit.
	MaxRequests int
	// Sigstore is the form of the embedded Sigstore. Default: the form of sigstore.dev.
	Sigstore sigstore.Form
	// TLS configures HTTPS. If TLS is nil, the server uses plain HTTP.
	TLS *TLS
}

// Open configures a server without a list of owners. The commands "serve" and "try"
// use it.
type Open struct {
	// Visibility is the visibility of new repositories. Default: Public.
	Visibility Visibility
	// OwnerType is the type of new owners. Default: Organization.
	OwnerType OwnerType
	// Repository is the repository (owner/name) to which the generated token
	// belongs. If Repository is empty, the token acts for the repository in each
	// package's name.
	Repository string
	// Token is the secret of the generated token, which acts as GITHUB_TOKEN.
	// Default: a random secret.
	Token string
	// Actor is the login of the user for whom the token acts. Default: "octocat".
	Actor string
	// Branches and Pulls are the branches and pull requests of new repositories.
	Branches []string
	Pulls    map[int]string
}

// Answers chooses the server's behaviour where docs/ghcr.md leaves a question open or
// cites contradicting reports. The zero value of each field selects the more likely
// behaviour.
type Answers struct {
	// AbsentRead is the response to a read of a package that does not exist, if
	// the token is valid.
	AbsentRead AbsentRead
	// Visibility is the response to a PATCH of a package.
	Visibility VisibilityPatch
	// Forbidden is the result of a push by an Actions token that would create a
	// package with a visibility that its organization forbids.
	Forbidden ForbiddenCreation
	// WrongSecretAsAnonymous makes /token treat a wrong password as a missing password.
	// If WrongSecretAsAnonymous is true, /token sends the refusal of anonymous access
	// (docs/ghcr.md, Refused: anonymous access). If WrongSecretAsAnonymous is false,
	// /token sends the refusal of a wrong password (docs/ghcr.md, Refused: denied).
	WrongSecretAsAnonymous bool
	// BundleURLs makes the API return the URL of each bundle instead of the bundle. The
	// content of the URL is compressed with Snappy.
	BundleURLs bool
	// OldTexts omits "permission_denied: " before "installation not allowed". Older
	// reports contain the text without this prefix (docs/ghcr.md, Refused: create
	// package).
	OldTexts bool
	// AllOrNothing makes /token refuse a request if the credential has no permission
	// to read one of the requested repositories.
	AllOrNothing bool
	// DirectBearer makes the registry accept base64(token) and base64(user:token)
	// as a bearer token, without a request to /token (docs/ghcr.md, Token endpoint).
	DirectBearer bool
	// AbsoluteLocation makes the Location of an upload session an absolute URL.
	AbsoluteLocation bool
	// SinglePost makes POST ?digest= accept a whole blob. If SinglePost is false,
	// POST ignores the body and opens a session.
	SinglePost bool
	// NoMount makes the server mount no blobs. If NoMount is true, the server answers
	// every mount request with status 202.
	NoMount bool
	// NoAdmin is the response to a deletion or a restoration by a job whose repository
	// does not have the role Admin.
	NoAdmin NoAdmin
	// RestoredTags makes a restored version get its tags again, unless a tag was used
	// again in the meantime. If RestoredTags is false, the version comes back without
	// tags.
	RestoredTags bool
	// DeletedIndex is the effect of the deletion of an index on its children.
	DeletedIndex DeletedIndex
	// Tombstones makes the lists of packages and versions contain deleted objects
	// under names that begin with "deleted_" (docs/ghcr.md, Package record).
	Tombstones bool
	// UnknownSubject is the error code of the refusal of a manifest whose subject the
	// repository does not have. If UnknownSubject is empty, the server accepts the manifest,
	// as the specification requires (distribution-spec, "Pushing Manifests with Subject").
	// Some registries refuse the manifest.
	UnknownSubject string
	// NoDigestOnPut omits Docker-Content-Digest in the response to a manifest PUT
	// (docs/ghcr.md, Open questions).
	NoDigestOnPut bool
}

// AbsentRead is a response to a read of a package that does not exist.
type AbsentRead int

// These are the two responses to a read of a missing package that users reported.
const (
	AbsentNotFound AbsentRead = iota // The response is 404 with NAME_UNKNOWN, MANIFEST_UNKNOWN or BLOB_UNKNOWN.
	AbsentDenied                     // The response is 403 with DENIED.
)

// VisibilityPatch is a response to PATCH …/packages/container/{name}.
type VisibilityPatch int

// PatchNotFound is the response of GitHub. PatchHonoured means that the request
// changes the visibility, as GitHub could do in the future.
const (
	PatchNotFound VisibilityPatch = iota
	PatchHonoured
)

// ForbiddenCreation is the result of creating a package with a visibility that the
// organization forbids.
type ForbiddenCreation int

// A push that the organization forbids has one of two results, and users reported
// both results (docs/ghcr.md, Visibility of a new package; docs/ghcr.md, Refused:
// create package).
const (
	// The registry responds with status 403 (docs/ghcr.md, Refused: create package).
	ForbiddenRefused ForbiddenCreation = iota
	ForbiddenPrivate                   // The registry creates a private package.
)

// NoAdmin is a response to a deletion by a job whose repository does not have the role
// Admin on the package.
type NoAdmin int

// Users and tools report both responses (docs/ghcr.md, Package API errors).
const (
	NoAdminHidden    NoAdmin = iota // The response is 404, as if the version did not exist.
	NoAdminForbidden                // The response is 403 "Resource not accessible by integration".
)

// DeletedIndex is the effect of the deletion of an index on its children.
type DeletedIndex int

// One report says that GitHub deletes the children of a deleted index. Other tools assume
// that the children stay (docs/ghcr.md, Open questions). In no case does the server delete
// a child that has a tag.
const (
	ChildrenStay           DeletedIndex = iota // Only the index is deleted.
	UnsharedChildrenDelete                     // The children that no other index lists are deleted.
	ChildrenDelete                             // All children are deleted, including children of other indexes.
)
