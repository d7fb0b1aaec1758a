// Package refusal explains a registry's no: from the server's words and what
// is known of the run it finds the cause and the cure, and makes them the
// error that a user reads.
//
// Its table follows docs/ghcr.md, Refusals. It asks nobody: evidence is
// gathered by package resolve.
package refusal

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
	"github.com/ghcr-publish/ghcr-publish/internal/secret"
)

// Evidence is what is known of the run that was refused.
type Evidence struct {
	Repo name.Repository
	// Home says that the registry is GitHub's.
	Home bool
	// InWorkflow says that this is a workflow run; Repository is its
	// owner/name, and ReadOnly why its token can only read ("" if nothing
	// says so).
	InWorkflow bool
	Repository string
	ReadOnly   string
	// Kind of the token, by its prefix.
	Kind secret.Kind
	// Exists says whether the package does: nil if nobody could tell.
	Exists *bool
	// SettingsURL is the package's settings page.
	SettingsURL string
	// OrganizationURL is the page where an organization allows the creation
	// of packages; empty where the owner is a user.
	OrganizationURL string
	// Inherits is the visibility that a new package would have; "" if unknown.
	Inherits string
	// TokensURL is the page where classic tokens are made and authorised.
	TokensURL string
	// NewTokenURL is the page that makes a classic token, filled in.
	NewTokenURL string
	// Scoped says that the token's scopes are known, and Scopes which.
	Scoped bool
	Scopes []string
	// Dead says that GitHub's API does not know the token either.
	Dead bool
	// SSO is the page where an organization wants the token authorised; "" if
	// none does.
	SSO string
	// Grants is what the job's permissions give for packages, as its workflow
	// file says: write, read, none, or default without a block; "" if the file
	// could not be read. GrantsFile is that file.
	Grants, GrantsFile string
	// Reading says that the refusal met a source, not a destination.
	Reading bool

	exchange bool // the token was refused before anything was asked for
}

// OtherOwner reports whether the image belongs to another owner than the
// workflow's repository: GITHUB_TOKEN never reaches there.
func (e Evidence) OtherOwner() bool {
	mine, _, _ := strings.Cut(e.Repository, "/")
	theirs, _, _ := strings.Cut(e.Repo.RepositoryStr(), "/")
	return e.InWorkflow && mine != "" && !strings.EqualFold(mine, theirs)
}

// Explain turns a refusal into the error to show. An answer nobody has seen
// yet is explained as far as its status goes; one that is explained already
// comes back as it is.
func Explain(err error, ev Evidence) error {
	var told *diag.Error
	var answer *registry.Error
	if err == nil || errors.As(err, &told) {
		return err
	}
	if !errors.As(err, &answer) {
		return unanswered(err, ev)
	}
	ev.exchange = answer.Repository == ""
	for _, row := range Table {
		if row.matches(answer, ev) {
			title, hint := row.words(ev)
			return &diag.Error{Code: row.Code, Side: diag.Registry, Title: title, Hint: hint, Err: err}
		}
	}
	return &diag.Error{
		Code: "registry-refused", Side: diag.Registry, Err: err,
		Title: fmt.Sprintf("%s answered %d %s", answer.Host, answer.Status, http.StatusText(answer.Status)),
		Hint:  "Search for the registry's own words above; if they name no cause, run again with debug: true and ask its support with the request id.",
	}
}

// Row is one kind of refusal.
type Row struct {
	// Code is stable and documented in README.
	Code string
	// Says is what the server's message holds, in lower case; any of them.
	Says []string
	// Status narrows the row to a status; 0 is any.
	Status int
	// Foreign rows are for logins that another registry than GitHub's refuses.
	Foreign bool
	// Means and Cure are for README: the cause in general, and what to do.
	Means, Cure string

	words func(Evidence) (title, hint string)
}

func (r Row) matches(e *registry.Error, ev Evidence) bool {
	if r.Foreign {
		return !ev.Home && (e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden)
	}
	if r.Status != 0 && r.Status != e.Status {
		return false
	}
	words := strings.ToLower(e.Words())
	for _, s := range r.Says {
		if strings.Contains(words, s) {
			return true
		}
	}
	return len(r.Says) == 0
}
