package cleanup

import (
	"errors"
	"fmt"
	"net/url"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/github"
)

// explain returns the error for a user. It contains GitHub's words.
func (r *run) explain(err error) error {
	repo := r.req.Repo.Name()
	var refused *github.RefusedError
	if !errors.As(err, &refused) {
		return err
	}
	switch refused.Reason {
	case github.NoAdmin, github.NoPermission:
		hint := "Open the page of the package, then \"Package settings\" and \"Manage Actions access\". Add the repository of this workflow with the role Admin. The job also needs the permission packages: write."
		return diag.New(CodeNoAdmin, diag.API, hint, github.Cause(err), "the token may not delete versions of %s, because the repository does not have the role Admin on the package", repo)
	case github.MissingScope:
		hint := "Create a token with the missing scope: https://github.com/settings/tokens/new?scopes=" + url.QueryEscape("write:packages,"+refused.Scope)
		return diag.New(CodeNoAdmin, diag.API, hint, github.Cause(err), "the token may not delete versions of %s, because it lacks the scope %s", repo, refused.Scope)
	}
	hint := fmt.Sprintf("Read GitHub's message above, and run the step again. The run deleted %d versions before this response. The undo list contains them.", len(r.out.Deleted))
	return diag.New(CodeRefused, diag.API, hint, github.Cause(err), "GitHub's API refused a request about %s", repo)
}

// ExplainRead returns the error for a user if GitHub's API does not show the package to
// the token, or if it rejects the token. For any other error, ExplainRead returns nil.
func ExplainRead(err error, repo string) error {
	switch {
	case github.IsAbsent(err):
		hint := "Check the name in the input image. If the package exists, open the page of the package, then \"Package settings\" and \"Manage Actions access\", and add the repository of this workflow with the role Admin."
		return diag.New(CodePackageMissing, diag.API, hint, github.Cause(err), "The package %s does not exist, or it is hidden from this token", repo)
	case github.IsRejected(err):
		hint := "The token is expired, revoked or truncated. Remove the input token to use the job's GITHUB_TOKEN. If the input uses a secret, replace the token in the secret."
		return diag.New(CodeTokenRejected, diag.API, hint, github.Cause(err), "GitHub's API rejects the token")
	}
	return nil
}
