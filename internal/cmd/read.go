package cmd

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/pull"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
)

// puller returns a puller for a repository. On GitHub's registry, the puller first
// reads without credentials. On another registry, the puller uses the login for the
// first request, because some registries limit anonymous pulls.
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

// anonymousPull returns the value of the output anonymous-pull: "verified",
// "refused", or "" if the run did not try an anonymous pull.
func (s *session) anonymousPull(f *pull.Found) string {
	switch {
	case !s.config.AtHome(f.Repository):
		return ""
	case f.ByFirstClient:
		return "verified"
	}
	return "refused"
}

// readEnd explains the end of a run that only reads and that was cancelled or reached
// its deadline.
func readEnd(ctx context.Context, err error) error {
	err = explainEnd(ctx, err)
	var e *diag.Error
	if !errors.As(err, &e) || (e.Code != "cancelled" && e.Code != "timeout") {
		return err
	}
	out := *e
	out.Hint = "Run the command again, with a longer timeout if necessary. The command pull does not fetch blobs again that an OCI layout already contains."
	return &out
}
