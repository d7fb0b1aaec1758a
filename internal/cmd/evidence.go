package cmd

import (
	"github.com/google/go-containerregistry/pkg/name"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/github"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/resolve"
	"github.com/ghcr-publish/ghcr-publish/internal/registry/refusal"
	"github.com/ghcr-publish/ghcr-publish/internal/workflow"
)

// evidence is what is known of the run and a repository, and what was found
// of it if it was looked at as a destination.
func (s *session) evidence(repo name.Repository, t *resolve.Target) refusal.Evidence {
	gh := s.config.GitHub
	ev := refusal.Evidence{
		Repo: repo, InWorkflow: gh.Active, Repository: gh.Repository, ReadOnly: gh.ReadOnly(),
		Kind: s.config.Token.Kind(), Home: s.config.AtHome(repo),
		TokensURL: s.packages.TokensURL(), NewTokenURL: s.packages.NewTokenURL(),
	}
	grant := workflow.PackagesGrant(gh.Workspace, gh.WorkflowRef, gh.Repository, gh.Job)
	ev.Grants, ev.GrantsFile = grant.Level, grant.File
	if !ev.Home {
		return ev
	}
	owner, pkg := resolve.Owner(gh, repo)
	if t != nil && t.Package.Owner.Kind != "" {
		owner = t.Package.Owner
	}
	ev.SettingsURL, ev.OrganizationURL = s.packages.SettingsURL(owner, pkg), s.packages.OrganizationURL(owner)
	if t == nil {
		return ev
	}
	ev.Inherits, ev.SSOURL = t.Inherits, t.SSO
	if exists := t.Exists(); exists || github.IsAbsent(t.PackageErr) {
		ev.Exists = &exists
	}
	if t.Token != nil {
		ev.Scoped, ev.Scopes, ev.TokenInvalid = t.Token.Scoped, t.Token.Scopes, t.Token.Invalid
	}
	return ev
}

// mayOnlyRead tells a token that can read from one that is dead, or not let in
// here: the one is to be expected on pull requests, the other never.
func (s *session) mayOnlyRead(err error) bool {
	return s.config.GitHub.ReadOnly() != "" || diag.Is(err, refusal.CodeCreatePackage) || diag.Is(err, refusal.CodeWriteDenied)
}
