package ghcrtest

import "time"

// Config configures a server. The zero value has no owners and no packages. It
// refuses every push, because the owner is unknown.
type Config struct {
	Owners       []Owner
	Repositories []Repository
	Credentials  []Credential
	Packages     []Package
	// Open, if set, creates owners and repositories when a request first names them.
	Open *Open
	// Answers chooses the answers to the open questions of docs/ghcr.md.
	Answers Answers
	// Faults are the faults of the server. [Server.Inject] adds more.
	Faults []Fault
	// Dir is a directory for blobs, addressed by content. If it is empty, blobs
	// are in memory.
	Dir string
	// TokenTTL is the lifetime of a token of /token. Default: 5 minutes.
	TokenTTL time.Duration
	// DownloadTTL is the lifetime of a signed blob URL. Default: 5 minutes.
	DownloadTTL time.Duration
	// Clock is the clock for the expiry of tokens and URLs. Default: time.Now.
	Clock func() time.Time
	// TLS configures HTTPS. If it is nil, the server uses plain HTTP.
	TLS *TLS
}

// Open configures a server without a list of owners. The commands serve and try
// use it.
type Open struct {
	// Visibility is the visibility of new repositories. Default: Public.
	Visibility Visibility
	// OwnerType is the type of new owners. Default: Organization.
	OwnerType OwnerType
	// Repository is the owner/name to which the generated token belongs. If it
	// is empty, the token acts for the repository in each package's name.
	Repository string
	// Token is the secret of the generated token, which acts as GITHUB_TOKEN.
	// Default: a random secret.
	Token string
	// Actor is the login of the token. Default: "octocat".
	Actor string
}

// Answers are the answers that docs/ghcr.md leaves open, or for which it cites
// contradicting reports. Each zero value is the more likely answer.
type Answers struct {
	// AbsentRead is the answer to a read of a package that does not exist, if
	// the token is valid.
	AbsentRead AbsentRead
	// Visibility is the answer to a PATCH of a package.
	Visibility VisibilityPatch
	// Forbidden is the result of a push by an Actions token that would create a
	// package with a visibility that its organization forbids.
	Forbidden ForbiddenCreation
	// WrongSecretAsAnonymous makes /token treat a wrong password as a missing
	// password. The answer is then docs/ghcr.md, Refused: anonymous access, and not
	// docs/ghcr.md, Refused: denied.
	WrongSecretAsAnonymous bool
	// OldTexts omits "permission_denied: " before "installation not allowed".
	// Older reports have this text (docs/ghcr.md, Refused: create package).
	OldTexts bool
	// AllOrNothing refuses a token request if the credential may not read one of
	// the scopes.
	AllOrNothing bool
	// DirectBearer accepts base64(token) and base64(user:token) as bearer without
	// a request to /token (docs/ghcr.md, Token endpoint).
	DirectBearer bool
	// AbsoluteLocation sends an absolute Location for upload sessions.
	AbsoluteLocation bool
	// SinglePost accepts a whole blob in POST ?digest=. Otherwise POST ignores
	// the body and opens a session.
	SinglePost bool
	// NoMount answers every mount with status 202.
	NoMount bool
	// NoDigestOnPut omits Docker-Content-Digest in the answer to a manifest PUT
	// (docs/ghcr.md, Open questions).
	NoDigestOnPut bool
}

// AbsentRead is an answer to a read of a package that does not exist.
type AbsentRead int

// The two answers to a read of a missing package that reports contain.
const (
	AbsentNotFound AbsentRead = iota // 404 NAME_UNKNOWN, MANIFEST_UNKNOWN, BLOB_UNKNOWN
	AbsentDenied                     // 403 DENIED
)

// VisibilityPatch is an answer to PATCH …/packages/container/{name}.
type VisibilityPatch int

// PatchNotFound is the answer of GitHub. PatchHonoured is an answer that GitHub
// could give in the future.
const (
	PatchNotFound VisibilityPatch = iota
	PatchHonoured
)

// ForbiddenCreation is the result of creating a package with a visibility that the
// organization forbids.
type ForbiddenCreation int

// Reports contain both results (docs/ghcr.md, Visibility of a new package;
// docs/ghcr.md, Refused: create package).
const (
	ForbiddenRefused ForbiddenCreation = iota // 403; docs/ghcr.md, Refused: create package
	ForbiddenPrivate                          // the package is created private
)
