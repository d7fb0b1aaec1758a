package ghcrtest

import "time"

// Config configures a server. The zero value has no owners and no packages. It
// refuses every push, because the owner is unknown.
type Config struct {
	Owners       []Owner
	Repositories []Repository
	Credentials  []Credential
	Packages     []Package
	// Open is optional. It makes the server create an owner or a repository when a
	// request first names it.
	Open *Open
	// Answers chooses the behaviour for the open questions of docs/ghcr.md.
	Answers Answers
	// Faults are the faults of the server. [Server.Inject] adds more.
	Faults []Fault
	// Dir is the directory in which the server stores blobs by digest. If Dir is
	// empty, the server keeps blobs in memory.
	Dir string
	// TokenTTL is the lifetime of a token of /token. Default: 5 minutes.
	TokenTTL time.Duration
	// DownloadTTL is the lifetime of a signed blob URL. Default: 5 minutes.
	DownloadTTL time.Duration
	// Clock is the clock for the expiry of tokens and URLs. Default: time.Now.
	Clock func() time.Time
	// MaxRequests is the number of requests that the record keeps. The server forgets the
	// oldest requests first. Default: no limit.
	MaxRequests int
	// TLS configures HTTPS. If TLS is nil, the server uses plain HTTP.
	TLS *TLS
}

// Open configures a server without a list of owners. The commands serve and try
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
	// Actor is the login of the token. Default: "octocat".
	Actor string
}

// Answers chooses the server's behaviour where docs/ghcr.md leaves a question open
// or cites contradicting reports. Each zero value is the more likely behaviour.
type Answers struct {
	// AbsentRead is the response to a read of a package that does not exist, if
	// the token is valid.
	AbsentRead AbsentRead
	// Visibility is the response to a PATCH of a package.
	Visibility VisibilityPatch
	// Forbidden is the result of a push by an Actions token that would create a
	// package with a visibility that its organization forbids.
	Forbidden ForbiddenCreation
	// WrongSecretAsAnonymous makes /token treat a wrong password as a missing
	// password. The refusal is then docs/ghcr.md, Refused: anonymous access.
	// Otherwise it is docs/ghcr.md, Refused: denied.
	WrongSecretAsAnonymous bool
	// OldTexts omits "permission_denied: " before "installation not allowed".
	// Older reports contain the shorter text (docs/ghcr.md, Refused: create package).
	OldTexts bool
	// AllOrNothing makes /token refuse a request if the credential may not read
	// one of the requested repositories.
	AllOrNothing bool
	// DirectBearer makes the registry accept base64(token) and base64(user:token)
	// as a bearer token, without a request to /token (docs/ghcr.md, Token endpoint).
	DirectBearer bool
	// AbsoluteLocation makes the Location of an upload session an absolute URL.
	AbsoluteLocation bool
	// SinglePost makes POST ?digest= accept a whole blob. Otherwise POST ignores
	// the body and opens a session.
	SinglePost bool
	// NoMount makes the server mount no blobs. It answers every mount request with
	// status 202.
	NoMount bool
	// NoDigestOnPut omits Docker-Content-Digest in the response to a manifest PUT
	// (docs/ghcr.md, Open questions).
	NoDigestOnPut bool
}

// AbsentRead is a response to a read of a package that does not exist.
type AbsentRead int

// The two responses to a read of a missing package. Reports contain both responses.
const (
	AbsentNotFound AbsentRead = iota // 404 NAME_UNKNOWN, MANIFEST_UNKNOWN, BLOB_UNKNOWN
	AbsentDenied                     // 403 DENIED
)

// VisibilityPatch is a response to PATCH …/packages/container/{name}.
type VisibilityPatch int

// PatchNotFound is the response of GitHub. PatchHonoured is a response that GitHub
// could give in the future: the visibility changes.
const (
	PatchNotFound VisibilityPatch = iota
	PatchHonoured
)

// ForbiddenCreation is the result of creating a package with a visibility that the
// organization forbids.
type ForbiddenCreation int

// The two results. Reports contain both results (docs/ghcr.md, Visibility of a new package;
// docs/ghcr.md, Refused: create package).
const (
	ForbiddenRefused ForbiddenCreation = iota // 403; docs/ghcr.md, Refused: create package
	ForbiddenPrivate                          // the package is created private
)
