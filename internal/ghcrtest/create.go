package ghcrtest

import (
	"net/url"
	"slices"
	"strings"
	"time"
)

// labelSource is the label and annotation that links a package to a repository
// (docs/ghcr.md, Linked repository).
const labelSource = "org.opencontainers.image.source"

// sourceRepository returns the repository for which an Actions token acts. If the
// token of [Config.Open] belongs to no repository, the token acts for the repository
// in the name of the package. For example, the token acts for acme/web if the package
// is ghcr.io/acme/web/api.
func sourceRepository(c *Credential, name string) string {
	if c.Repository != "" {
		return c.Repository
	}
	owner, rest, _ := strings.Cut(name, "/")
	first, _, _ := strings.Cut(rest, "/")
	return owner + "/" + first
}

// createLocked creates a package from the stored content of its name. createLocked
// follows the two rules of docs/ghcr.md, Visibility of a new package. The argument
// "source" is the value of the manifest's source label, or "".
func (w *state) createLocked(c *Credential, p *pkg, source string, now time.Time) {
	p.initialize(w.newIDLocked(), now)
	if c.Kind != ActionsToken {
		p.Visibility = Private
		p.Users = map[string]Role{c.Actor: Admin}
		w.linkLocked(p, source)
		return
	}
	repo := w.repositoryLocked(sourceRepository(c, p.Name))
	if named := w.labelledLocked(p, source); named != nil && c.Repository == "" {
		repo = named
	}
	p.Visibility = repo.Visibility
	if slices.Contains(w.ownerLocked(ownerOf(p.Name)).Forbidden, p.Visibility) {
		p.Visibility = Private
	}
	p.Repository = repo.Name
	p.NoInherit = w.ownerLocked(ownerOf(p.Name)).NoInherit
	// "Repositories that publish packages using a workflow … are automatically
	// granted admin" (docs/ghcr.md, Package API and GITHUB_TOKEN). The repository
	// gets this role even if the package does not inherit access.
	p.Grants[repo.Name] = Admin
}

// linkLocked links a package to the repository in its source label. The source label
// gives the repository access, but does not change the visibility (docs/ghcr.md,
// Visibility of a new package). The source label has an effect until the package has its
// first tag. A client pushes the manifests of the platforms before the index, but without
// tags. The label of the index therefore has an effect.
func (w *state) linkLocked(p *pkg, source string) {
	repo := w.labelledLocked(p, source)
	if repo == nil || p.tagged || p.Repository != "" {
		return
	}
	p.Repository = repo.Name
	p.NoInherit = w.ownerLocked(ownerOf(p.Name)).NoInherit
}

// labelledLocked returns the repository in a source label, if this repository exists
// and belongs to the package's owner.
func (w *state) labelledLocked(p *pkg, source string) *Repository {
	u, err := url.Parse(source)
	if err != nil || u.Host == "" {
		return nil
	}
	name := strings.TrimSuffix(strings.Trim(u.Path, "/"), ".git")
	if strings.Count(name, "/") != 1 || !sameOwner(name, p.Name) {
		return nil
	}
	return w.repositoryLocked(name)
}
