package ghcrtest

// Visibility is who may see a repository or package.
type Visibility string

// The three visibilities. Internal exists for organizations only.
const (
	Public   Visibility = "public"
	Private  Visibility = "private"
	Internal Visibility = "internal"
)

// OwnerType is what kind of account owns packages.
type OwnerType string

// The two kinds of account.
const (
	User         OwnerType = "User"
	Organization OwnerType = "Organization"
)

// Role is what one party may do with a package. As the packages permission of
// an Actions token only None, Read and Write occur.
type Role int

// Roles from weakest to strongest; each includes those before it.
const (
	None  Role = iota // sees nothing that is not public
	Read              // pulls, reads metadata
	Write             // pushes
	Admin             // deletes, restores, grants
)

// Owner is a user or an organization.
type Owner struct {
	Login string
	Type  OwnerType // Organization if empty
	// Members may create packages in an organization and see internal ones.
	Members []string
	// Admins are members with every role on every package.
	Admins []string
	// Forbidden are the visibilities that the organization's "Package
	// creation" setting does not allow (docs/ghcr.md, Package creation setting).
	Forbidden []Visibility
	// NoInherit is "Inherit access from source repository" switched off.
	NoInherit bool
}

// Repository is a Git repository: what a package inherits from.
type Repository struct {
	Name          string     // owner/name, as GitHub spells it
	Visibility    Visibility // Public if empty
	DefaultBranch string     // main if empty
	Description   string
	License       string // SPDX identifier, or empty
	// Commits is a linear history of full commit ids, oldest first; the last
	// is the head of the default branch.
	Commits []string
	// Refs are further branches and tags by short name.
	Refs map[string]string
}

// Kind is the kind of a credential, because each is refused in its own words
// (docs/ghcr.md, Limits of GITHUB_TOKEN; docs/ghcr.md, Refusals).
type Kind int

// The kinds of credential.
const (
	ActionsToken   Kind = iota // GITHUB_TOKEN of a job
	ClassicPAT                 // personal access token (classic)
	FineGrainedPAT             // logs in, may not push
	AppToken                   // installation token of any other GitHub App
)

// Credential is a secret and what it stands for.
type Credential struct {
	Secret string
	Kind   Kind
	// Actor is the login behind the token.
	Actor string
	// Repository is the owner/name an Actions token belongs to. Empty means
	// every repository, which only the open world has a use for.
	Repository string
	// Packages is the job's `permissions: packages:`.
	Packages Role
	// Scopes are the scopes of a classic token.
	Scopes []string
	// NoSSO lists organizations that enforce SAML and for which this classic
	// token has not been authorised.
	NoSSO []string
	// Expired credentials are refused everywhere.
	Expired bool
}

// Package is GitHub's record of a container package.
type Package struct {
	Name       string     // owner/name, the name may have slashes of its own
	Visibility Visibility // Private if empty
	// Repository is the linked owner/name, or empty.
	Repository string
	// NoInherit is set where the link gives the repository no access.
	NoInherit bool
	// Grants are roles by repository ("Manage Actions access"); Users are
	// roles by login.
	Grants map[string]Role
	Users  map[string]Role
}
