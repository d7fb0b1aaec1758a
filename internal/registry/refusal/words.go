package refusal

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/secret"
)

// permissions is the block that most refusals need.
const permissions = `Add this to the job (with a reusable workflow: to the job that calls it):
    permissions:
      contents: read
      packages: write`

func writePackage(ev Evidence) (title, hint string) {
	if ev.OtherOwner() {
		return otherOwner(ev)
	}
	return fmt.Sprintf("%s exists, and this repository may not write it", ev.Repo), grant("Write", ev)
}

// grant names the page and the clicks of "Manage Actions access".
func grant(role string, ev Evidence) string {
	page := "the package's settings"
	if ev.SettingsURL != "" {
		page = ev.SettingsURL
	}
	repository := ev.Repository
	if repository == "" {
		repository = "the repository"
	}
	return fmt.Sprintf("Open %s → Manage Actions access → Add repository → %s, role %s. (Connecting the repository alone does not grant it.)", page, repository, role)
}

// mayNot explains the refusals that say "organization package" whoever owns it
// (docs/ghcr.md, Refused: create package; docs/ghcr.md, Refused: write
// package), by the likeliest cause the evidence leaves.
func mayNot(verb string, ev Evidence) (title, hint string) {
	switch {
	case ev.ReadOnly != "":
		return fmt.Sprintf("The token may only read: %s", ev.ReadOnly),
			"GitHub gives such runs a read-only token; no permissions block changes that. Publish after the merge, or set on-readonly: skip."
	case ev.OtherOwner():
		return otherOwner(ev)
	case !ev.InWorkflow && ev.Kind == secret.Installation:
		return fmt.Sprintf("The installation token may not %s %s", verb, ev.Repo),
			"ghcr.io takes no tokens of GitHub Apps other than a job's GITHUB_TOKEN. Use that, or a classic token with write:packages."
	}
	return fmt.Sprintf("The token may not %s %s", verb, ev.Repo), granted(ev) + otherwise(verb, ev)
}

// granted says what to do about the job's permissions, by what its file says.
func granted(ev Evidence) string {
	switch ev.Grants {
	case "write":
		return fmt.Sprintf("The job has packages: write in %s, so it is something else:", ev.GrantsFile)
	case "read", "none":
		return fmt.Sprintf("In %s the job's permissions give packages: %s. %s\nIf the job has that:", ev.GrantsFile, ev.Grants, permissions)
	case "default":
		return fmt.Sprintf("In %s the job names no permissions, and the default here is read-only. %s\nIf the job has that:", ev.GrantsFile, permissions)
	}
	return permissions + "\nIf the job has that:"
}

// otherwise names the rarer causes, for a job that has the permission.
func otherwise(verb string, ev Evidence) string {
	hint := ""
	if ev.Kind == secret.Installation {
		hint += "\n  - a token of another GitHub App (actions/create-github-app-token) never works here: leave the input token away;"
	}
	if verb == "create" && ev.OrganizationURL != "" {
		visibility := "the repository's visibility"
		if ev.Inherits != "" {
			visibility = ev.Inherits
		}
		hint += fmt.Sprintf("\n  - an owner of the organization allows it: %s → Package creation → %s;", ev.OrganizationURL, visibility)
	}
	return hint + "\n  - an owner may have set workflow permissions to read-only for the whole organization or enterprise: ask them."
}

func otherOwner(ev Evidence) (title, hint string) {
	return fmt.Sprintf("%s belongs to another owner than %s", ev.Repo, ev.Repository),
		"GITHUB_TOKEN reaches packages of its own owner only. Publish under that owner, or pass a classic token of the other one with write:packages as token."
}

func scopes(ev Evidence) string {
	if ev.Kind == secret.FineGrainedPAT {
		return "ghcr.io does not take fine-grained tokens. Use the job's GITHUB_TOKEN, or a classic token with the scope write:packages."
	}
	hint := ""
	switch {
	case ev.Scoped && len(ev.Scopes) == 0:
		hint = "It has no scopes at all. "
	case ev.Scoped:
		hint = fmt.Sprintf("It has %s. ", strings.Join(ev.Scopes, ", "))
	}
	return hint + "Use the job's GITHUB_TOKEN, or make a classic token with the scope write:packages at " + ev.newTokenURL()
}

func unusable(ev Evidence) string {
	switch {
	case ev.SSO != "":
		return fmt.Sprintf("The organization wants the token authorised by single sign-on first: whoever made it opens %s (good for an hour). In a workflow the job's GITHUB_TOKEN needs none of that: leave the input token away.", ev.SSO)
	case ev.Scoped && !slices.Contains(ev.Scopes, "write:packages"):
		return scopes(ev)
	case ev.Dead && ev.InWorkflow:
		return "GitHub's API does not know it either: it is expired, revoked or cut short. Leave the input token away to use the job's GITHUB_TOKEN; a secret that the input names has to be made anew."
	case ev.Dead:
		return "GitHub's API does not know it either: it is expired, revoked or cut short. Make one at " + ev.newTokenURL()
	case ev.Kind == secret.ClassicPAT:
		return fmt.Sprintf("At %s: is the token expired, has it the scope write:packages, and is it authorised for the organization (Configure SSO)? In a workflow the job's GITHUB_TOKEN needs none of that: leave the input token away.", ev.tokensURL())
	case ev.InWorkflow:
		return "Leave the input token away to use the job's GITHUB_TOKEN. If it names a secret, make that token anew: it is expired, revoked or cut short."
	}
	return "Make the token anew: it is expired, revoked or cut short. A classic one needs write:packages; gh auth token prints one that may do."
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

// foreign is for registries that are not GitHub's: no token of GitHub helps.
func foreign(ev Evidence) (title, hint string) {
	host := ev.Repo.RegistryStr()
	return fmt.Sprintf("%s refuses %s to this login", host, ev.Repo.RepositoryStr()),
		fmt.Sprintf("GITHUB_TOKEN is not sent there. Give a login in the input credentials, one line: %s USER SECRET. Or log in on this machine before: docker login %s.", host, host)
}

func denied(ev Evidence) (title, hint string) {
	title = fmt.Sprintf("%s refuses the token, and gives no reason", ev.Repo)
	if ev.exchange {
		title = fmt.Sprintf("%s refuses the token, and gives no reason", ev.Repo.RegistryStr())
	}
	switch {
	case ev.Kind == secret.FineGrainedPAT:
		return title, scopes(ev)
	case ev.exchange, ev.Kind == secret.ClassicPAT:
		return title, unusable(ev)
	case ev.Reading:
		return fmt.Sprintf("%s does not exist, or the token may not read it", ev.Repo), "Check the name in the input source. " + grant("Read", ev)
	case ev.ReadOnly != "" || ev.OtherOwner():
		return mayNot("write", ev)
	case ev.Exists != nil && *ev.Exists:
		return title, "The package exists. " + grant("Write", ev)
	case ev.InWorkflow:
		return title, permissions
	}
	return title, unusable(ev)
}
