package migrate

// Code identifies a kind of finding. Codes are stable, because the SARIF file
// uses the codes as rule IDs and docs/migrate.md documents the codes.
type Code string

// These codes identify the kinds of findings.
const (
	PATLogin            Code = "pat-login"
	PATContainer        Code = "pat-container"
	PATCleanup          Code = "pat-cleanup"
	PATInput            Code = "pat-input"
	Username            Code = "username"
	Permissions         Code = "permissions"
	CallerGrants        Code = "caller-grants"
	CrossOwner          Code = "cross-owner"
	MixedRegistries     Code = "mixed-registries"
	UnknownSource       Code = "unknown-source"
	UnknownRegistry     Code = "unknown-registry"
	RemoteLogin         Code = "remote-login"
	LongLivedCredential Code = "long-lived-credential"
	NeedsPAT            Code = "needs-pat"
	SecretElsewhere     Code = "secret-elsewhere"
	SecretEnv           Code = "secret-env"
	UnusedSecret        Code = "unused-secret"
	TokenComment        Code = "token-comment"
	SecretCondition     Code = "secret-condition"
	StartsWorkflow      Code = "starts-workflow"
	LockFile            Code = "lock-file"
	SecretBuildArg      Code = "secret-build-arg"
	OldRegistry         Code = "old-registry"
	PlainToken          Code = "plain-token"
	MergedSteps         Code = "steps-merged"
	NotMerged           Code = "steps-not-merged"
	CleanupReplaced     Code = "cleanup-replaced"
	CleanupNotReplaced  Code = "cleanup-not-replaced"
)

// rule contains the title and the general explanation of a kind of finding.
type rule struct {
	title, help string
}

var rules = map[Code]rule{
	PATLogin:            {"Registry login with a personal access token", "GITHUB_TOKEN can log in to the registry. GITHUB_TOKEN needs no secret, expires at the end of the job, and is valid only for this repository."},
	PATContainer:        {"Job container pulled with a personal access token", "A job container or a service can use github.actor and GITHUB_TOKEN as its credentials. The job needs the permission packages: read."},
	PATCleanup:          {"Package versions deleted with a personal access token", "GITHUB_TOKEN may delete versions of packages on which the repository has the role Admin."},
	PATInput:            {"Personal access token passed to a local action", "The action uses the token to log in to the registry. GITHUB_TOKEN can also log in to the registry."},
	Username:            {"User name of the login", "The registry accepts any user name with GITHUB_TOKEN. The login therefore needs no secret that contains a user name."},
	Permissions:         {"Permissions that the job needs", "A permissions block removes each scope that it does not name. The block must therefore name all scopes that the steps of the job need."},
	CallerGrants:        {"Permissions of the calling workflow", "A called workflow gets at most the permissions that the calling job grants."},
	CrossOwner:          {"The image belongs to another owner", "GITHUB_TOKEN can access only packages of the owner of the repository."},
	MixedRegistries:     {"One secret for several registries", "The same text is the password for this registry and for another registry, so an edit would change both logins."},
	UnknownSource:       {"The source of the password is unknown", "The file does not show the source of the password."},
	UnknownRegistry:     {"The registry is known only at run time", "The file does not show the registry of the login."},
	RemoteLogin:         {"Login on another machine", "GITHUB_TOKEN expires at the end of the job. A machine that pulls later needs a credential that is still valid."},
	LongLivedCredential: {"A credential that is used after the job", "A pull secret in a cluster is used after the job, when GITHUB_TOKEN is no longer valid."},
	NeedsPAT:            {"The step needs a personal access token", "The step calls an API that refuses GITHUB_TOKEN."},
	SecretElsewhere:     {"The secret has other uses", "Other parts of the files use the same secret. Delete the secret only after you remove these uses."},
	SecretEnv:           {"A registry token is passed to a script", "The workflow does not show how the script uses the token."},
	UnusedSecret:        {"Unused secret", "No file uses the secret after the edits. Delete the secret, because it can leak."},
	TokenComment:        {"A comment about the token", "A comment near the login is about the token. After the edit, the comment can be wrong. Correct the comment, or keep the personal access token if the comment gives a valid reason."},
	SecretCondition:     {"A condition that depends on the secret", "After the edit, the login does not need the secret. If you delete the secret, the condition becomes false, and the step does not run."},
	StartsWorkflow:      {"The push starts another workflow", "A push with GITHUB_TOKEN starts no workflow. After an edit, the workflow with the trigger registry_package would not run."},
	LockFile:            {"A lock file for actions", "The lock file of gh actions-lock must contain each action that a locked workflow uses. After an edit that adds an action, run gh actions-lock again."},
	SecretBuildArg:      {"A registry token as a build argument", "The history of an image contains build arguments, so each reader of the image can read the token. Use a build secret instead."},
	OldRegistry:         {"docker.pkg.github.com is replaced by the Container registry", "The new name of an image is ghcr.io/OWNER/IMAGE. The old host name only redirects requests."},
	PlainToken:          {"A token in plain text", "Every reader of the file can use the token. Revoke the token."},
	MergedSteps:         {"Login, metadata and push merged into one step", "One step of this action logs in, computes the tags and pushes. The finding lists each difference from the old steps."},
	NotMerged:           {"Steps that are not merged", "The finding gives the reason why one step cannot replace the steps of the job."},
	CleanupReplaced:     {"Cleanup step replaced by this action", "The command cleanup of this action deletes complete images and keeps the parts of images that stay. The finding lists each difference from the old step."},
	CleanupNotReplaced:  {"Cleanup step that is not replaced", "The finding gives the reason why the command cleanup of this action cannot replace the step."},
}
