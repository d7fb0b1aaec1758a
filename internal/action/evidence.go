package action

import (
	"github.com/google/go-containerregistry/pkg/name"

	"github.com/ghcr-publish/ghcr-publish/internal/refusal"
	"github.com/ghcr-publish/ghcr-publish/internal/resolve"
)

// evidence is what is known of the run and a repository before anybody was
// asked about it.
func (s *session) evidence(repo name.Repository) refusal.Evidence {
	gh := s.config.GitHub
	ev := refusal.Evidence{
		Repo: repo, InWorkflow: gh.Active, Repository: gh.Repository, ReadOnly: gh.ReadOnly(),
		Kind: s.config.Token.Kind(), Home: s.config.AtHome(repo), TokensURL: s.packages.TokensURL(),
	}
	if ev.Home {
		owner, pkg := resolve.Owner(gh, repo)
		ev.SettingsURL, ev.OrganizationURL = s.packages.SettingsURL(owner, pkg), s.packages.OrganizationURL(owner)
	}
	return ev
}
