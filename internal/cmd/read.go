package cmd

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/resolve"
	"github.com/ghcr-publish/ghcr-publish/internal/pull"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
	"github.com/ghcr-publish/ghcr-publish/internal/registry/refusal"
)

// puller returns a puller for a repository. On GitHub's registry it reads without
// credentials first. On other registries it uses the login at once, because some
// of them limit anonymous pulls.
func (s *session) puller(repo name.Repository) (*pull.Puller, error) {
	p := &pull.Puller{Clients: []*registry.Client{s.registry}, ForeignTransport: s.network}
	if !s.config.AtHome(repo) {
		return p, nil
	}
	login, err := newKeychain(s.config).Resolve(repo.Registry)
	if err != nil {
		return nil, fmt.Errorf("finding a login for %q: %w", repo.Registry, err)
	}
	p.Clients = []*registry.Client{s.registry.Anonymous()}
	if login != authn.Anonymous {
		p.Clients = append(p.Clients, s.registry)
	}
	return p, nil
}

// explainReadError explains why a reference could not be read.
func (s *session) explainReadError(err error, ref name.Reference) error {
	var answer *registry.Error
	var told *diag.Error
	if err == nil || errors.As(err, &told) {
		return err
	}
	repo := ref.Context()
	if errors.As(err, &answer) {
		switch {
		case answer.Status == http.StatusNotFound:
			return &diag.Error{
				Code: pull.CodeNotFound, Side: diag.Registry, Input: "source", Err: err, Title: fmt.Sprintf("There is no %s", ref.Name()),
				Hint: "Check name and tag; tags have case. An image that is hidden from the token looks the same: if it is private, its repository has to grant access.",
			}
		case s.config.Token.Empty() && s.config.AtHome(repo) && registry.IsRefused(err):
			return &diag.Error{
				Code: pull.CodeNotFound, Side: diag.Registry, Input: "token", Err: err, Title: fmt.Sprintf("%s does not exist, or is not public", repo),
				Hint: "Check the name. If it is private, give a token that may read it: in a workflow permissions: packages: read, with the input token left away; at a terminal GITHUB_TOKEN (gh auth token prints one).",
			}
		}
	}
	return refusal.Explain(err, s.reading(repo))
}

// reading returns the evidence about a repository that is only read.
func (s *session) reading(repo name.Repository) refusal.Evidence {
	gh := s.config.GitHub
	ev := refusal.Evidence{
		Repo: repo, InWorkflow: gh.Active, Repository: gh.Repository, ReadOnly: gh.ReadOnly(),
		Kind: s.config.Token.Kind(), Home: s.config.AtHome(repo), TokensURL: s.packages.TokensURL(), Reading: true,
	}
	if ev.Home {
		owner, pkg := resolve.Owner(gh, repo)
		ev.SettingsURL = s.packages.SettingsURL(owner, pkg)
	}
	return ev
}

// anonymousPull returns the value of the output anonymous-pull: "verified",
// "refused", or empty if the run did not try.
func (s *session) anonymousPull(f *pull.Found) string {
	switch {
	case !s.config.AtHome(f.Repository):
		return ""
	case f.ByFirstClient:
		return "verified"
	}
	return "refused"
}

// readEnd explains why a run that only reads ended early.
func readEnd(ctx context.Context, err error) error {
	err = explainEnd(ctx, err)
	var e *diag.Error
	if !errors.As(err, &e) || (e.Code != "cancelled" && e.Code != "timeout") {
		return err
	}
	told := *e
	told.Hint = "Run it again, with a longer timeout if it needs one. What a layout has whole by now is not fetched again."
	return &told
}
