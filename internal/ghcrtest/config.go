package ghcrtest

import "time"

// Config is everything about a server. The zero value is a closed, empty
// world in which every push is refused because its owner is unknown.
type Config struct {
	Owners       []Owner
	Repositories []Repository
	Credentials  []Credential
	Packages     []Package
	// Open lets owners and repositories come into being when first named.
	Open *Open
	// Answers decides the open questions of docs/ghcr.md.
	Answers Answers
	// Faults go wrong on purpose; more can be added with [Server.Inject].
	Faults []Fault
	// Dir keeps blobs on disk, content-addressed. Empty keeps them in memory.
	Dir string
	// TokenTTL is how long a token of /token works; 5 minutes if zero.
	TokenTTL time.Duration
	// DownloadTTL is how long a signed blob URL works; 5 minutes if zero.
	DownloadTTL time.Duration
	// Clock is the time by which tokens and URLs expire; time.Now if nil.
	Clock func() time.Time
	// TLS serves HTTPS; nil is plain HTTP.
	TLS *TLS
}

// Open is a world without a list of owners, for the commands serve and try.
type Open struct {
	// Visibility is what repositories are born with; Public if empty.
	Visibility Visibility
	// OwnerType is what owners are born as; Organization if empty.
	OwnerType OwnerType
	// Repository narrows the generated token to one owner/name. Empty lets it
	// act for whichever repository a package is named after.
	Repository string
	// Token is the secret that acts as GITHUB_TOKEN; random if empty.
	Token string
	// Actor is the login behind it; "octocat" if empty.
	Actor string
}

// Answers are the answers that docs/ghcr.md leaves open or reports both ways. Each
// zero value is the likelier one.
type Answers struct {
	// AbsentRead is how reads of a package that does not exist are answered
	// to a valid token.
	AbsentRead AbsentRead
	// Visibility is how PATCH of a package is answered.
	Visibility VisibilityPatch
	// Forbidden is what happens when a push by an Actions token would create a
	// package with a visibility that its organization forbids.
	Forbidden ForbiddenCreation
	// WrongSecretAsAnonymous answers /token for a bad password as if none had
	// been given: docs/ghcr.md, Refused: anonymous access instead of
	// docs/ghcr.md, Refused: denied.
	WrongSecretAsAnonymous bool
	// OldTexts leaves out the "permission_denied: " before "installation not
	// allowed", as older reports have it (docs/ghcr.md,
	// Refused: create package).
	OldTexts bool
	// AllOrNothing refuses a token request as a whole when one of its scopes
	// may not be read.
	AllOrNothing bool
	// DirectBearer accepts base64(token) and base64(user:token) as bearer
	// without a visit to /token (docs/ghcr.md, Token endpoint).
	DirectBearer bool
	// AbsoluteLocation answers upload sessions with an absolute Location.
	AbsoluteLocation bool
	// SinglePost accepts a whole blob in POST ?digest=, instead of ignoring
	// the body and opening a session.
	SinglePost bool
	// NoMount answers 202 to every mount.
	NoMount bool
	// NoDigestOnPut leaves Docker-Content-Digest out of the answer to a
	// manifest PUT (docs/ghcr.md, Open questions).
	NoDigestOnPut bool
}

// AbsentRead is the answer to reading what is not there.
type AbsentRead int

// The two answers seen to reads of an absent package.
const (
	AbsentNotFound AbsentRead = iota // 404 NAME_UNKNOWN, MANIFEST_UNKNOWN, BLOB_UNKNOWN
	AbsentDenied                     // 403 DENIED
)

// VisibilityPatch is the answer to PATCH …/packages/container/{name}.
type VisibilityPatch int

// Today's answer, and the one GitHub could give one day.
const (
	PatchNotFound VisibilityPatch = iota
	PatchHonoured
)

// ForbiddenCreation is what becomes of a package whose visibility the
// organization forbids.
type ForbiddenCreation int

// Reports have both (docs/ghcr.md, Visibility of a new package; docs/ghcr.md,
// Refused: create package).
const (
	ForbiddenRefused ForbiddenCreation = iota // 403; docs/ghcr.md, Refused: create package
	ForbiddenPrivate                          // the package is created private
)
