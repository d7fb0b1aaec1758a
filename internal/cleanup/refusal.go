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
