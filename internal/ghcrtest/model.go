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

// An account has one of these two types.
const (
	User         OwnerType = "User"
	Organization OwnerType = "Organization"
)

// Role is the role of a user or repository for a package. The permission "packages"
// of an Actions token is None, Read or Write.
type Role int

// The roles are in ascending order. Each role includes all roles above it in this
// list.
const (
	None  Role = iota // A client with this role sees only public packages.
	Read              // pulls, reads metadata
	Write             // pushes
	Admin             // deletes, restores, grants
)

// Owner is a user or an organization that owns packages.
type Owner struct {
	Login string
	Type  OwnerType // Organization if empty
	// Members may create packages in an organization and see internal packages.
	Members []string
	// Admins are members with the role Admin for every package.
	Admins []string
	// Forbidden contains the visibilities that the organization's "Package creation"
	// setting does not allow (docs/ghcr.md, Package creation setting).
	Forbidden []Visibility
	// NoInherit disables "Inherit access from source repository".
	NoInherit bool
}

// Repository is a Git repository. A package inherits settings from the repository to
// which it is linked.
type Repository struct {
	Name          string     // The name has the form owner/name, in the spelling of GitHub.
	Visibility    Visibility // Public if empty
	DefaultBranch string     // main if empty
	Description   string
	License       string // The license is an SPDX identifier, or empty.
	// Commits is a linear history of full commit ids, the oldest first. The last
	// commit in the list is the head of the default branch.
	Commits []string
	// Branches contains the names of all branches. Default: the default branch.
	Branches []string
	// Pulls maps the number of a pull request to its state, "open" or "closed".
	Pulls map[int]string
	// Refs maps the short names of other branches and tags to commit ids.
	Refs map[string]string
}

// Kind is the kind of a credential. GitHub refuses each kind with its own text
// (docs/ghcr.md, Limits of GITHUB_TOKEN; docs/ghcr.md, Refusals).
type Kind int

// A credential has one of four kinds.
const (
	ActionsToken   Kind = iota // An ActionsToken is the GITHUB_TOKEN of a job.
	ClassicPAT                 // A ClassicPAT is a personal access token (classic).
	FineGrainedPAT             // A fine-grained token can log in, but cannot push.
	AppToken                   // An AppToken is the installation token of any other GitHub App.
)

// Credential is a secret with its rights.
type Credential struct {
	Secret string
	Kind   Kind
	// Actor is the login of the user for whom the token acts.
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
	Name       string     // The name has the form owner/name, and can contain more slashes.
	Visibility Visibility // Private if empty
	// Repository is the owner/name of the linked repository, or empty.
	Repository string
	// NoInherit is true if the link gives the linked repository no access to the package.
	NoInherit bool
	// Grants maps repositories to their roles, as in the setting "Manage Actions
	// access". Users maps logins to their roles.
	Grants map[string]Role
	Users  map[string]Role
}
