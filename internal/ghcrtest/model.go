package ghcrtest

// Visibility is the visibility of a repository or package.
type Visibility string

// The three visibilities. Only organizations can use Internal.
const (
	Public   Visibility = "public"
	Private  Visibility = "private"
	Internal Visibility = "internal"
)

// OwnerType is the type of an account that owns packages.
type OwnerType string

// The two types of account.
const (
	User         OwnerType = "User"
	Organization OwnerType = "Organization"
)

// Role is the role of a user or repository for a package. The packages permission
// of an Actions token is None, Read or Write.
type Role int

// The roles, in ascending order. Each role includes the roles before it.
const (
	None  Role = iota // sees only public packages
	Read              // pulls, reads metadata
	Write             // pushes
	Admin             // deletes, restores, grants
)

// Owner is a user or an organization.
type Owner struct {
	Login string
	Type  OwnerType // Organization if empty
	// Members may create packages in an organization and see internal packages.
	Members []string
	// Admins are members with the role Admin for every package.
	Admins []string
	// Forbidden are the visibilities that the organization's "Package
	// creation" setting does not allow (docs/ghcr.md, Package creation setting).
	Forbidden []Visibility
	// NoInherit disables "Inherit access from source repository".
	NoInherit bool
}

// Repository is a Git repository. A package inherits settings from it.
type Repository struct {
	Name          string     // owner/name, as GitHub spells it
	Visibility    Visibility // Public if empty
	DefaultBranch string     // main if empty
	Description   string
	License       string // SPDX identifier, or empty
	// Commits is a linear history of full commit ids, the oldest first. The last
	// id is the head of the default branch.
	Commits []string
	// Refs maps the short names of other branches and tags to commit ids.
	Refs map[string]string
}

// Kind is the kind of a credential. GitHub refuses each kind with its own text
// (docs/ghcr.md, Limits of GITHUB_TOKEN; docs/ghcr.md, Refusals).
type Kind int

// The kinds of credential.
const (
	ActionsToken   Kind = iota // GITHUB_TOKEN of a job
	ClassicPAT                 // personal access token (classic)
	FineGrainedPAT             // can log in, but cannot push
	AppToken                   // installation token of any other GitHub App
)

// Credential is a secret with its rights.
type Credential struct {
	Secret string
	Kind   Kind
	// Actor is the login of the token.
	Actor string
	// Repository is the repository (owner/name) to which an Actions token belongs.
	// If Repository is empty, the token acts for every repository. Only the token of
	// [Config.Open] uses an empty Repository.
	Repository string
	// Packages is the value of `permissions: packages:` of the job.
	Packages Role
	// Scopes are the scopes of a classic token.
	Scopes []string
	// NoSSO lists the organizations that enforce SAML and for which this classic
	// token is not authorized.
	NoSSO []string
	// Expired marks a credential that every endpoint refuses.
	Expired bool
}

// Package is GitHub's record of a container package.
type Package struct {
	Name       string     // owner/name; the name can contain slashes
	Visibility Visibility // Private if empty
	// Repository is the owner/name of the linked repository, or empty.
	Repository string
	// NoInherit is true if the linked repository gets no access through the link.
	NoInherit bool
	// Grants are the roles of repositories ("Manage Actions access"). Users are
	// the roles of logins.
	Grants map[string]Role
	Users  map[string]Role
}
