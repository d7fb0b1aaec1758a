package sigstore

import (
	"maps"
	"strings"
)

// Issuer is the issuer of the tokens of GitHub Actions. The embedded instance uses the
// name of the real issuer, so that other programs need no special policy.
const Issuer = "https://token.actions.githubusercontent.com"

// server is the URL of GitHub in the certificates.
const server = "https://github.com/"

// Claims are the claims of the identity token of a job that are texts (docs.github.com,
// "OpenID Connect reference").
type Claims map[string]string

// With returns a copy of the claims with one changed claim. If the value is empty, the
// copy does not have the claim.
func (c Claims) With(name, value string) Claims {
	out := maps.Clone(c)
	if out[name] = value; value == "" {
		delete(out, name)
	}
	return out
}

// JobClaims returns the claims of a job of the branch main that a push started. The
// repository has the form owner/name.
func JobClaims(repository, visibility string) Claims {
	owner, _, _ := strings.Cut(repository, "/")
	const commit = "0000000000000000000000000000000000000000"
	workflow := repository + "/.github/workflows/publish.yml@refs/heads/main"
	return Claims{
		"iss": Issuer, "sub": "repo:" + repository + ":ref:refs/heads/main",
		"repository": repository, "repository_owner": owner, "repository_id": "1000",
		"repository_owner_id": "100", "repository_visibility": visibility,
		"ref": "refs/heads/main", "ref_type": "branch", "sha": commit, "event_name": "push",
		"workflow": "publish", "workflow_ref": workflow, "workflow_sha": commit,
		"job_workflow_ref": workflow, "job_workflow_sha": commit,
		"run_id": "1", "run_number": "1", "run_attempt": "1", "runner_environment": "github-hosted",
		"actor": "octocat", "actor_id": "1",
	}
}
