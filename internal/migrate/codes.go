package migrate

// Code identifies a kind of finding. Codes are stable: the SARIF file uses them
// as rule IDs, and the README documents them.
type Code string

// The kinds of findings.
const (
	PATLogin        Code = "pat-login"
	PATContainer    Code = "pat-container"
	PATCleanup      Code = "pat-cleanup"
	PATInput        Code = "pat-input"
	Permissions     Code = "permissions"
	CallerGrants    Code = "caller-grants"
	CrossOwner      Code = "cross-owner"
	MixedRegistries Code = "mixed-registries"
	UnknownSource   Code = "unknown-source"
	UnknownRegistry Code = "unknown-registry"
	RemoteLogin     Code = "remote-login"
	OutlivesJob     Code = "outlives-job"
	NeedsPAT        Code = "needs-pat"
	SecretElsewhere Code = "secret-elsewhere"
	SecretEnv       Code = "secret-env"
	UnusedSecret    Code = "unused-secret"
	SecretBuildArg  Code = "secret-build-arg"
	OldRegistry     Code = "old-registry"
	PlainToken      Code = "plain-token"
	FoldedSteps     Code = "folded"
	NotFolded       Code = "not-folded"
)

// rule is the description of a kind of finding, independent of a single
// finding.
type rule struct {
	title, help string
}

var rules = map[Code]rule{
	PATLogin:        {"Registry login with a personal access token", "GITHUB_TOKEN can log in to the registry; it needs no secret, ends with the job and is limited to this repository."},
	PATContainer:    {"Job container pulled with a personal access token", "credentials of a container or service can be github.actor and GITHUB_TOKEN, with packages: read."},
	PATCleanup:      {"Package versions deleted with a personal access token", "GITHUB_TOKEN may delete versions of packages on which the repository has the role Admin."},
	PATInput:        {"Personal access token handed to a local action", "The action logs in to the registry with it; GITHUB_TOKEN does the same."},
	Permissions:     {"Permissions the job needs", "A permissions block takes away every scope it does not name, so it names all the job's steps need."},
	CallerGrants:    {"Permissions come from the calling workflow", "A called workflow gets at most what the calling job grants."},
	CrossOwner:      {"The image belongs to another owner", "GITHUB_TOKEN reaches only packages of the repository's own owner."},
	MixedRegistries: {"One secret for several registries", "The same text is the password for the registry and for another one, so it cannot be replaced in place."},
	UnknownSource:   {"The password comes from out of sight", "The file does not say where the password comes from."},
	UnknownRegistry: {"The registry is only known at run time", "The file does not say which registry the login is for."},
	RemoteLogin:     {"Login on another machine", "GITHUB_TOKEN ends with the job; a machine that pulls later needs a credential that lasts."},
	OutlivesJob:     {"A credential that outlives the job", "A pull secret in a cluster is used after the job, when GITHUB_TOKEN is no longer valid."},
	NeedsPAT:        {"GITHUB_TOKEN cannot do this", "The call behind it refuses GITHUB_TOKEN."},
	SecretElsewhere: {"The secret has other uses", "Delete the secret only when these uses are gone."},
	SecretEnv:       {"A registry token handed to a script", "What the script does with it cannot be seen in the workflow."},
	UnusedSecret:    {"Secret no longer used", "A secret nobody reads is one that can only leak."},
	SecretBuildArg:  {"A registry token as build argument", "Build arguments stay in the image's history; a build secret does not."},
	OldRegistry:     {"docker.pkg.github.com is replaced by the Container registry", "Images live at ghcr.io/OWNER/IMAGE; the old host name only forwards."},
	PlainToken:      {"A token in plain text", "Everyone who can read the file can use it; revoke it."},
	FoldedSteps:     {"Login, metadata and push folded into one step", "The one step does what the three did."},
	NotFolded:       {"Steps that stay as they are", "Folding them would change what they do."},
}
