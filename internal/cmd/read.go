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
	out := *e
	out.Hint = "Run the command again, with a longer timeout if necessary. The command pull does not fetch blobs again that an OCI layout already contains."
	return &out
}
