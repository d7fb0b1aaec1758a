package cleanup

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/diag/nearest"
	"github.com/ghcr-publish/ghcr-publish/internal/github"
)

// explain returns the error for a user. It contains GitHub's words.
func (r *run) explain(err error) error {
	hint := fmt.Sprintf("Read GitHub's message above, and run the step again. The run deleted %d versions before this response. The undo list contains them.", len(r.out.Deleted))
	return r.refused(err, r.req.Repo.Name(), "delete", hint)
}

// explainList explains why the run cannot list the versions of a package.
func (c *Cleaner) explainList(ctx context.Context, repo name.Repository, err error) error {
	if github.ReasonOf(err) == github.Gone || github.IsAbsent(err) {
		return c.absent(ctx, repo, err)
	}
	return c.refused(err, repo.Name(), "list", "Read GitHub's message above, and run the step again. The run deleted nothing in this package.")
}

// refused explains a refusal of GitHub. The argument "verb" names what the token may not do
// with the versions of the package, and "hint" is the cure for an unexpected response.
func (c *Cleaner) refused(err error, repo, verb, hint string) error {
	var refused *github.RefusedError
	if !errors.As(err, &refused) {
		return err
	}
	switch refused.Reason {
	case github.NoPermission:
		hint := `Add this permission to the job, or to the job that calls the reusable workflow:
    permissions:
      packages: write
If the job has the permission, open the page of the package, then "Package settings" and "Manage Actions access", and add the repository of this workflow with the role Admin.`
		return diag.New(CodeNoAdmin, diag.API, hint, github.Cause(err), "the token of this job may not %s versions of %s", verb, repo)
	case github.NoAdmin:
		hint := "Open the page of the package, then \"Package settings\" and \"Manage Actions access\". Add the repository of this workflow with the role Admin. The job also needs the permission packages: write."
		return diag.New(CodeNoAdmin, diag.API, hint, github.Cause(err), "the token may not %s versions of %s, because the repository does not have the role Admin on the package", verb, repo)
	case github.MissingScope:
		hint := "Set the input token to a token with the missing scope. To create the token: " + c.GitHub.TokensURL() + "/new?scopes=" + url.QueryEscape("write:packages,"+refused.Scope)
		return diag.New(CodeNoAdmin, diag.API, hint, github.Cause(err), "the token may not %s versions of %s, because it lacks the scope %s", verb, repo, refused.Scope)
	case github.RateLimited:
		hint := "Run the step again after this time. GITHUB_TOKEN can send 1,000 requests an hour for a repository. A schedule at another time of the day and the input cache leave more requests for this step."
		return diag.New(CodeRefused, diag.API, hint, github.Cause(err), "the rate limit of the token is used up, so the run cannot %s the versions of %s", verb, repo)
	}
	return diag.New(CodeRefused, diag.API, hint, github.Cause(err), "GitHub's API refused a request about %s", repo)
}

// unreadFacts explains why the run cannot read the pull requests or the branches of a
// repository. The argument "permission" is the permission that the job needs.
func unreadFacts(err error, objects, permission, repository string) error {
	if err == nil {
		return nil
	}
	hint := fmt.Sprintf("If the repository is private, add %s to the job's permissions. Otherwise, run the step again. The run deleted nothing in this package.", permission)
	return diag.New(CodeFacts, diag.API, hint, github.Cause(err), "the run cannot read the %s of the repository %s, which a rule needs", objects, repository)
}

// absent returns the error for a package that does not exist, with the packages of the owner
// whose names resemble the name. Only some tokens can list packages.
func (c *Cleaner) absent(ctx context.Context, repo name.Repository, err error) error {
	owner, pkg, _ := strings.Cut(repo.RepositoryStr(), "/")
	hint := "Check the name. GitHub also answers 404 for a package that the token may not read: then open the page of the package, \"Package settings\", \"Manage Actions access\", and add the repository of this workflow with the role Admin."
	if list, listErr := c.GitHub.Packages(ctx, github.Owner{Login: owner}); listErr == nil {
		if similar := nearest.Of(pkg, list); len(similar) > 0 {
			for i := range similar {
				similar[i] = repo.RegistryStr() + "/" + owner + "/" + similar[i]
			}
			hint = "Did you mean " + strings.Join(similar, " or ") + "? " + hint
		}
	}
	return diag.New(CodeAbsent, diag.API, hint, github.Cause(err), "the package %s does not exist, or the token may not read it", repo)
}

// ExplainRejected returns the error for a user if GitHub's API rejects the token. For any
// other error, ExplainRejected returns nil.
func ExplainRejected(err error) error {
	if !github.IsRejected(err) {
		return nil
	}
	hint := "The token is expired, revoked or truncated. Remove the input token to use the job's GITHUB_TOKEN. If the input uses a secret, replace the token in the secret."
	return diag.New(CodeTokenRejected, diag.API, hint, github.Cause(err), "GitHub's API rejects the token")
}
