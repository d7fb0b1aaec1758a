package ghcrtest

import (
	"net/url"
	"slices"
	"strings"
	"time"
)

// labelSource is the label and annotation that links a package (docs/ghcr.md,
// Linked repository).
const labelSource = "org.opencontainers.image.source"

// sourceOf is the repository an Actions token acts for. The open world's
// token, which belongs to no single one, acts for the repository that the
// package is named after: ghcr.io/acme/web/api belongs to acme/web.
func sourceOf(c *Credential, name string) string {
	if c.Repository != "" {
		return c.Repository
	}
	owner, rest, _ := strings.Cut(name, "/")
	first, _, _ := strings.Cut(rest, "/")
	return owner + "/" + first
}

// create makes a package of stored content, by the two rules of docs/ghcr.md,
// Visibility of a new package (locked). source is what the manifest's label
// names, or empty.
func (w *world) create(c *Credential, p *pkg, source string, now time.Time) {
	p.born(w.id(), now)
	if c.Kind != ActionsToken {
		p.Visibility = Private
		p.Users = map[string]Role{c.Actor: Admin}
		w.link(p, source)
		return
	}
	repo := w.repository(sourceOf(c, p.Name))
	if named := w.labelled(p, source); named != nil && c.Repository == "" {
		repo = named
	}
	p.Visibility = repo.Visibility
	if slices.Contains(w.owner(ownerOf(p.Name)).Forbidden, p.Visibility) {
		p.Visibility = Private
	}
	p.Repository = repo.Name
	p.NoInherit = w.owner(ownerOf(p.Name)).NoInherit
	// "Repositories that publish packages using a workflow … are automatically
	// granted admin" (docs/ghcr.md, Package API and GITHUB_TOKEN), whether or
	// not access is inherited.
	p.Grants[repo.Name] = Admin
}

// link connects a package to the repository its label names. A label gives
// access but never visibility (docs/ghcr.md, Visibility of a new package); it
// counts until the first tag is there, so that an index, which has to come
// after its children, can link as well (locked).
func (w *world) link(p *pkg, source string) {
	repo := w.labelled(p, source)
	if repo == nil || p.settled || p.Repository != "" {
		return
	}
	p.Repository = repo.Name
	p.NoInherit = w.owner(ownerOf(p.Name)).NoInherit
}

// labelled finds the repository a source label names, if it is known and
// belongs to the package's owner (locked).
func (w *world) labelled(p *pkg, source string) *Repository {
	u, err := url.Parse(source)
	if err != nil || u.Host == "" {
		return nil
	}
	name := strings.TrimSuffix(strings.Trim(u.Path, "/"), ".git")
	if strings.Count(name, "/") != 1 || !sameOwner(name, p.Name) {
		return nil
	}
	return w.repository(name)
}
