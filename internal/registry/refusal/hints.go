package refusal

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/secret"
)

// permissions is a hint that contains the permissions block for a job that
// publishes.
const permissions = `Add this block to the job (for a reusable workflow, add the block to the job that calls the workflow):
    permissions:
      contents: read
      packages: write`

// removeInput is a hint for a workflow whose input token is unusable.
const removeInput = "Remove the input token to use the job's GITHUB_TOKEN."

func writePackage(ev Evidence) (title, hint string) {
	if ev.personal() {
		return personalToken("write", ev)
	}
	if ev.OtherOwner() {
		return otherOwner(ev)
	}
	return fmt.Sprintf("%s exists, and this repository may not write to it", ev.Repo), grantAccess("Write", ev)
}

// grantAccess returns the steps to give the repository access to the package.
func grantAccess(role string, ev Evidence) string {
	page := "the package's settings"
	if ev.SettingsURL != "" {
		page = ev.SettingsURL
	}
	repository := ev.Repository
	if repository == "" {
		repository = "the repository"
	}
	return fmt.Sprintf("Open %s → Manage Actions access → Add repository → %s, and select the role %s. A repository that is only connected to the package has no access.", page, repository, role)
}

// notAllowed explains the refusals whose text contains "organization package"
// (docs/ghcr.md, Refused: create package; docs/ghcr.md, Refused: write package).
// The registry also uses the text "organization package" if the owner is a user.
// notAllowed selects the most probable cause from the evidence.
func notAllowed(verb string, ev Evidence) (title, hint string) {
	switch {
	case ev.ReadOnly != "":
		return fmt.Sprintf("The token may only read: %s", ev.ReadOnly), readOnlyRun(ev)
	case ev.personal():
		return personalToken(verb, ev)
	case ev.OtherOwner():
		return otherOwner(ev)
	case !ev.InWorkflow && ev.Kind == secret.Installation:
		return fmt.Sprintf("The installation token may not %s %s", verb, ev.Repo),
			"Use a job's GITHUB_TOKEN, or a classic token with write:packages. ghcr.io accepts no other tokens of GitHub Apps."
	}
	return fmt.Sprintf("The token may not %s %s", verb, ev.Repo), addPermissions(ev) + otherCauses(verb, ev)
}

// personal reports whether the token belongs to a user. The permissions of a job
// do not change the token of a user.
func (e Evidence) personal() bool { return e.Kind == secret.ClassicPAT || e.Kind == secret.OAuth }

// personalToken explains the refusal of a token that has the necessary scopes. The
// registry refuses such a token if its user has no write access to the package. In an
// organization, only a member can create a package (docs/ghcr.md, Package creation
// setting).
func personalToken(verb string, ev Evidence) (title, hint string) {
	owner, _, _ := strings.Cut(ev.Repo.RepositoryStr(), "/")
	title = fmt.Sprintf("The user of the token may not %s %s", strings.Replace(verb, "write", "write to", 1), ev.Repo)
	switch {
	case verb == "create" && ev.OrganizationURL != "":
		hint = fmt.Sprintf("Ask an owner of %s to add the user of the token as a member, and to allow the creation of packages: %s → Package creation → %s.", owner, ev.OrganizationURL, cmp.Or(ev.Inherits, "private"))
	case verb == "create":
		hint = fmt.Sprintf("Only %s can create this package. Use a token of %s with the scope write:packages.", owner, owner)
	default:
		hint = fmt.Sprintf("Ask an owner of %s to give the user of the token the role Write on the package: %s.", owner, cmp.Or(ev.SettingsURL, "the package's settings"))
	}
	if ev.InWorkflow && !ev.OtherOwner() {
		hint = "The permissions of the job do not change this token. To publish with the job's GITHUB_TOKEN instead, remove the input token. " + permissions + "\nTo keep the token: " + lower(hint)
	}
	return title, hint
}

func lower(s string) string { return strings.ToLower(s[:1]) + s[1:] }

// readOnlyRun returns the hint for a run to which GitHub gives a read-only
// token. An example is a run for a fork (docs/ghcr.md, Limits of GITHUB_TOKEN).
func readOnlyRun(ev Evidence) string {
	const fact = "GitHub gives this run a read-only token, and a permissions block cannot change the token. Publish after the merge. "
	switch ev.OnReadOnly {
	case "skip":
		return fact + "To give the image to a trusted job instead, set on-readonly: archive. To let the run fail instead, set on-readonly: fail."
	case "archive":
		return fact + "A job with packages: write can publish the archive."
	}
	return fact + "To end a run with a read-only token without an error, set on-readonly: skip."
}

// addPermissions returns a hint about the job's permissions. The hint depends on
// the permissions in the workflow file.
func addPermissions(ev Evidence) string {
	switch ev.Grants {
	case "write":
		return fmt.Sprintf("The job has packages: write in %s, so the refusal has another cause:", ev.GrantsFile)
	case "read", "none":
		return fmt.Sprintf("In %s the job's permissions contain packages: %s. %s\nIf the job has this permission:", ev.GrantsFile, ev.Grants, permissions)
	case "default":
		return fmt.Sprintf("In %s the job has no permissions block, and the default is read-only. %s\nIf the job has this permission:", ev.GrantsFile, permissions)
	}
	return permissions + "\nIf the job has this permission:"
}

// otherCauses lists less probable causes of a refusal for a job that already has
// packages: write.
func otherCauses(verb string, ev Evidence) string {
	hint := ""
	if ev.Kind == secret.Installation {
		hint += "\n  - If the input token is a token of another GitHub App (actions/create-github-app-token), remove the input. ghcr.io does not accept such a token."
	}
	if verb == "create" && ev.OrganizationURL != "" {
		visibility := "the repository's visibility"
		if ev.Inherits != "" {
			visibility = ev.Inherits
		}
		hint += fmt.Sprintf("\n  - Ask an owner of the organization to allow the creation: %s → Package creation → %s.", ev.OrganizationURL, visibility)
	}
	return hint + "\n  - Ask an owner whether the workflow permissions of the organization or the enterprise are read-only."
}

func otherOwner(ev Evidence) (title, hint string) {
	return fmt.Sprintf("%s and %s have different owners", ev.Repo, ev.Repository),
		"Publish under the owner of the workflow's repository, because GITHUB_TOKEN has access only to packages of that owner. Or set the input token to a classic token of the other owner with write:packages."
}

// credentialsRefused explains that a registry refuses a login from the input
// "credentials".
func credentialsRefused(ev Evidence) (title, hint string) {
	host := ev.Repo.RegistryStr()
	title = fmt.Sprintf("%s refuses the login of the user %s from the input credentials", host, ev.LoginUser)
	hint = fmt.Sprintf("Correct the user name and the secret in the line %s USER SECRET of the input credentials.", host)
	if ev.Home {
		hint += " To use the input token instead, remove this line."
	}
	return title, hint
}

func replaceScopes(ev Evidence) string {
	if ev.Kind == secret.FineGrainedPAT {
		return "Use the job's GITHUB_TOKEN, or a classic token with the scope write:packages. ghcr.io does not accept fine-grained tokens."
	}
	hint := ""
	switch {
	case ev.Scoped && len(ev.Scopes) == 0:
		hint = "The token has no scopes. "
	case ev.Scoped:
		hint = fmt.Sprintf("The token has the %s %s and lacks write:packages. ", scopes(len(ev.Scopes)), strings.Join(ev.Scopes, ", "))
		if slices.Contains(ev.Scopes, "write:packages") {
			hint = fmt.Sprintf("The token has the scopes %s. ", strings.Join(ev.Scopes, ", "))
		}
	}
	if ev.Kind == secret.OAuth && !ev.InWorkflow {
		return hint + "With the gh CLI, run gh auth refresh --scopes write:packages to add the scope. Then use the new output of gh auth token."
	}
	if !ev.InWorkflow {
		return hint + "Create a classic token with the scope write:packages at " + ev.newTokenURL()
	}
	return hint + "Use the job's GITHUB_TOKEN, or create a classic token with the scope write:packages at " + ev.newTokenURL()
}

func scopes(n int) string {
	if n == 1 {
		return "scope"
	}
	return "scopes"
}

func replaceToken(ev Evidence) string {
	switch {
	case ev.SSOURL != "":
		return fmt.Sprintf("The organization requires single sign-on for the token. Sign in as the owner of the token, open %s (valid for one hour), and authorize the token. In a workflow, you can instead remove the input token to use the job's GITHUB_TOKEN.", ev.SSOURL)
	case ev.Scoped && !slices.Contains(ev.Scopes, "write:packages"):
		return replaceScopes(ev)
	case ev.TokenInvalid && ev.InWorkflow:
		return "GitHub's API also rejects the token, so the token is expired, revoked or truncated. " + removeInput + " If the input uses a secret, replace the token in the secret."
	case ev.TokenInvalid:
		return "GitHub's API also rejects the token, so the token is expired, revoked or truncated. Create a new token at " + ev.newTokenURL()
	case ev.Kind == secret.ClassicPAT:
		return fmt.Sprintf("Check at %s that the token is not expired, has the scope write:packages, and is authorized for the organization (Configure SSO). In a workflow, you can instead remove the input token to use the job's GITHUB_TOKEN.", ev.tokensURL())
	case ev.InWorkflow:
		return removeInput + " The token is expired, revoked or truncated. If the input uses a secret, replace the token in the secret."
	}
	return "Create a new token, because the token is expired, revoked or truncated. A classic token needs the scope write:packages. With the gh CLI, run gh auth refresh --scopes write:packages once to add this scope, and then gh auth token to print the token."
}

func (e Evidence) newTokenURL() string {
	if e.NewTokenURL == "" {
		return e.tokensURL()
	}
	return e.NewTokenURL
}

func (e Evidence) tokensURL() string {
	if e.TokensURL == "" {
		return "https://github.com/settings/tokens"
	}
	return e.TokensURL
}

// otherRegistry explains that a registry other than GitHub's refuses access.
// Another registry does not accept tokens of GitHub.
func otherRegistry(ev Evidence) (title, hint string) {
	host := ev.Repo.RegistryStr()
	return fmt.Sprintf("%s refuses access to %s with this login", host, ev.Repo.RepositoryStr()),
		fmt.Sprintf("Add this line to the input credentials: %s USER SECRET. Or log in on this machine before the run: docker login %s. The run does not send GITHUB_TOKEN to this registry.", host, host)
}

func denied(ev Evidence) (title, hint string) {
	if ev.LoginUser != "" && ev.tokenRequest {
		return credentialsRefused(ev)
	}
	title = fmt.Sprintf("%s refuses the token and gives no reason", ev.Repo)
	if ev.tokenRequest {
		title = fmt.Sprintf("%s refuses the token and gives no reason", ev.Repo.RegistryStr())
	}
	switch {
	case ev.Kind == secret.FineGrainedPAT:
		return title, replaceScopes(ev)
	case ev.tokenRequest, ev.Kind == secret.ClassicPAT:
		return title, replaceToken(ev)
	case ev.Reading:
		return fmt.Sprintf("%s does not exist, or the token may not read it", ev.Repo), "Check the name in the input source. " + grantAccess("Read", ev)
	case ev.ReadOnly != "" || ev.OtherOwner():
		return notAllowed("write", ev)
	case ev.Exists != nil && *ev.Exists:
		return title, "The package exists. " + grantAccess("Write", ev)
	case ev.InWorkflow:
		return title, permissions
	}
	return title, replaceToken(ev)
}
