// Package refusal explains the error responses of a registry. The package finds
// the cause and the cure from the server's message and from the evidence about
// the run. The function Explain returns the error that the user reads.
//
// The rows of Table correspond to docs/ghcr.md, Refusals. Package refusal sends
// no requests, because package resolve collects the evidence.
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

// Evidence describes a run whose request a registry refused.
type Evidence struct {
	// Repo is the repository of the request.
	Repo name.Repository
	// HostInput is the name of the input that contains the host of a destination.
	// HostInput is "" for the input "image".
	HostInput string
	// LoginUser is the user name of a login in the input "credentials". LoginUser is ""
	// if the run used the token instead of a login.
	LoginUser string
	// Home is true if the registry is GitHub's registry.
	Home bool
	// InWorkflow is true in a workflow run.
	InWorkflow bool
	// Repository is the workflow's repository in the form owner/name.
	Repository string
	// ReadOnly is the reason why the token of the workflow run can only read, or "" if
	// no reason is known.
	ReadOnly string
	// OnReadOnly is the value of the input on-readonly: fail, skip or archive.
	// OnReadOnly is "" if the run does not push to the repository.
	OnReadOnly string
	// Kind is the kind of the token. The prefix of a token shows its kind.
	Kind secret.Kind
	// Exists states whether the package exists. Exists is nil if this is
	// unknown.
	Exists *bool
	// SettingsURL is the settings page of the package.
	SettingsURL string
	// OrganizationURL is the page where an organization allows the creation of
	// packages. OrganizationURL is "" if the owner is a user.
	OrganizationURL string
	// Inherits is the visibility that a new package would have. Inherits is ""
	// if the visibility is unknown.
	Inherits string
	// TokensURL is the page that lists classic tokens.
	TokensURL string
	// NewTokenURL is the page that creates a classic token with the needed
	// scope.
	NewTokenURL string
	// Scoped is true if the scopes of the token are known.
	Scoped bool
	// Scopes lists the scopes of the token.
	Scopes []string
	// TokenInvalid is true if GitHub's API also rejects the token.
	TokenInvalid bool
	// SSOURL is the page where the owner of the token authorizes the token for the
	// organization. SSOURL is "" if no authorization is required.
	SSOURL string
	// Grants is the value of the permission "packages" of the job, according to
	// the workflow file. Grants is "write", "read", "none", or "default" if the
	// workflow file has no permissions block. Grants is "" if the program could
	// not read the file.
	Grants string
	// GrantsFile is the path of the workflow file.
	GrantsFile string
	// Promote is true if the command is promote, which never changes an image.
	Promote bool
	// Reading is true for a request that read the source. Reading is false for a
	// request to a destination.
	Reading bool

	tokenRequest bool // tokenRequest is true if the registry refused the token request.
	answer       *registry.Error
}

// OtherOwner reports whether the image and the workflow's repository have
// different owners. GITHUB_TOKEN has no access to packages of another owner.
func (e Evidence) OtherOwner() bool {
	own, _, _ := strings.Cut(e.Repository, "/")
	other, _, _ := strings.Cut(e.Repo.RepositoryStr(), "/")
	return e.InWorkflow && own != "" && !strings.EqualFold(own, other)
}

// Explain returns the error that explains err to the user. If no row of Table
// matches the response, the error contains only the status of the response. If
// err is already a diag.Error, Explain returns err unchanged.
func Explain(err error, ev Evidence) error {
	var diagErr *diag.Error
	var answer *registry.Error
	if err == nil || errors.As(err, &diagErr) {
		return err
	}
	if !errors.As(err, &answer) {
		return explainFailure(err, ev)
	}
	ev.tokenRequest, ev.answer = answer.Repository == "", answer
	for _, row := range Table {
		if row.matches(answer, ev) {
			title, hint := row.explain(ev)
			return &diag.Error{Code: row.Code, Side: diag.Registry, Title: title, Hint: hint, Err: answer}
		}
	}
	return &diag.Error{
		Code: CodeRegistryRefused, Side: diag.Registry, Err: answer,
		Title: fmt.Sprintf("%s answered %d %s", answer.Host, answer.Status, http.StatusText(answer.Status)),
		Hint:  withoutRow(answer),
	}
}

// withoutRow returns the hint for a response that no row of Table matches.
func withoutRow(answer *registry.Error) string {
	if answer.ServerMessage() != "" {
		return "Search the web for the registry's message above. If the search does not help, run again with debug: true, and send the request id to the registry's support."
	}
	return "The registry gave no reason. Run again later. If the registry refuses the request again, run with debug: true, and send the request id to the registry's support."
}

// Row describes one kind of refusal.
type Row struct {
	// Code is the stable code of the refusal. docs/refusals.md documents it.
	Code string
	// Messages lists texts in lower case. The row matches if the server's message
	// contains one of these texts.
	Messages []string
	// Status is the HTTP status that the row matches. The value 0 matches every
	// status.
	Status int
	// Is, if not nil, returns true for the responses that the row matches.
	Is func(*registry.Error) bool
	// OtherRegistry is true if the row matches a login that a registry other
	// than GitHub's refuses.
	OtherRegistry bool
	// Meaning and Cure are texts for docs/refusals.md about the usual cause and
	// the cure.
	Meaning, Cure string

	explain func(Evidence) (title, hint string)
}

func (r Row) matches(e *registry.Error, ev Evidence) bool {
	if r.OtherRegistry {
		return !ev.Home && (e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden)
	}
	if (r.Status != 0 && r.Status != e.Status) || (r.Is != nil && !r.Is(e)) {
		return false
	}
	message := strings.ToLower(e.ServerMessage() + " " + e.Page)
	for _, m := range r.Messages {
		if strings.Contains(message, m) {
			return true
		}
	}
	return len(r.Messages) == 0
}
