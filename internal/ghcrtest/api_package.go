package ghcrtest

import (
	"cmp"
	"encoding/json"
	"io"
	"net/http"
	"slices"
)

// servePackages is the eight operations of docs/ghcr.md, Package operations for
// an owner, who is named as "orgs", "users" or "user". rest is what follows
// /packages.
func (s *Server) servePackages(c *apiCall, family, login string, rest []string) *apiError {
	s.world.mu.Lock()
	defer s.world.mu.Unlock()
	owner := s.world.owner(login)
	if len(rest) == 0 {
		return s.listPackages(c, owner, family)
	}
	if owner == nil || rest[0] != "container" || len(rest) < 2 || !familyFits(family, owner) {
		return packageAbsent()
	}
	name := key(owner.Login) + "/" + key(rest[1])
	if len(rest) > 2 && rest[2] == "versions" {
		return s.serveVersions(c, owner, name, rest[3:])
	}
	switch route := c.r.Method + " " + restOf(rest); route {
	case "GET ":
		return s.getPackage(c, owner, name)
	case "DELETE ":
		return s.deletePackage(c, owner, name)
	case "POST restore":
		return s.restorePackage(c, owner, name)
	case "PATCH ":
		return s.patchPackage(c, owner, name)
	default:
		return notFound()
	}
}

// restOf is the last segment of …/container/{name}/{rest}, or nothing.
func restOf(parts []string) string {
	switch len(parts) {
	case 2:
		return ""
	case 3:
		return parts[2]
	default:
		return "?"
	}
}

// familyFits is the org/user mix-up: an organization is not found below
// /users, nor a user below /orgs.
func familyFits(family string, o *Owner) bool {
	return (family == "orgs") == (o.Type == Organization)
}

// listPackages is refused to Actions tokens, whatever the owner: a known
// limitation (docs/ghcr.md, Package API and GITHUB_TOKEN).
func (s *Server) listPackages(c *apiCall, owner *Owner, family string) *apiError {
	if c.r.Method != http.MethodGet {
		return notFound()
	}
	query := c.r.URL.Query()
	if c.by != nil && c.by.Kind == ActionsToken || query.Get("package_type") == "" {
		return invalidArgument()
	}
	if owner == nil || !familyFits(family, owner) {
		return notFound()
	}
	if why := c.maySee(owner.Login, "read:packages", "list packages"); why != nil {
		return why
	}
	out := []packageJSON{}
	for _, p := range s.world.packages {
		wanted := query.Get("visibility") == "" || query.Get("visibility") == string(p.Visibility)
		if p.exists && sameOwner(p.Name, owner.Login) && wanted && s.world.role(c.by, p) >= Read {
			out = append(out, s.packageJSON(c, p))
		}
	}
	slices.SortFunc(out, func(a, b packageJSON) int { return cmp.Compare(b.ID, a.ID) })
	return c.reply(page(c, out))
}

// visible finds a package the caller may see, lag included (locked).
func (s *Server) visible(c *apiCall, owner *Owner, name, act string) (*pkg, int, *apiError) {
	if why := c.maySee(owner.Login, "read:packages", act); why != nil {
		return nil, 0, why
	}
	p := s.world.find(name)
	if p == nil || s.world.role(c.by, p) < Read {
		return nil, 0, packageAbsent()
	}
	seen := p.lag.restSees(len(p.versions))
	if seen == 0 && len(p.versions) > 0 {
		return nil, 0, packageAbsent()
	}
	return p, seen, nil
}

func (s *Server) getPackage(c *apiCall, owner *Owner, name string) *apiError {
	p, _, why := s.visible(c, owner, name, "get a package")
	if why != nil {
		return why
	}
	return c.reply(s.packageJSON(c, p))
}

// mayAdminister is what deleting and restoring need. An Actions token that
// sees the package is told so, everybody else is told that there is none
// (docs/ghcr.md, Package API errors) (locked).
func (s *Server) mayAdminister(c *apiCall, owner *Owner, p *pkg, scope, act string) *apiError {
	if why := c.maySee(owner.Login, scope, act); why != nil {
		return why
	}
	role := None
	if p != nil {
		role = s.world.role(c.by, p)
	}
	switch {
	case role == Admin:
		return nil
	case role > None && c.by.Kind == ActionsToken:
		return forbidden(textNotIntegration)
	}
	return packageAbsent()
}

func (s *Server) deletePackage(c *apiCall, owner *Owner, name string) *apiError {
	p := s.world.find(name)
	if why := s.mayAdminister(c, owner, p, "delete:packages", "delete a package"); why != nil {
		return why
	}
	delete(s.world.packages, key(name))
	s.world.deleted = append(s.world.deleted, p)
	return nil
}

// restorePackage brings the latest deleted package of a name back, unless the
// name has been used again (docs/ghcr.md, Deleting and restoring).
func (s *Server) restorePackage(c *apiCall, owner *Owner, name string) *apiError {
	at := -1
	for i, p := range s.world.deleted {
		if key(p.Name) == key(name) {
			at = i
		}
	}
	if at < 0 || s.world.find(name) != nil {
		return packageAbsent()
	}
	p := s.world.deleted[at]
	if why := s.mayAdminister(c, owner, p, "write:packages", "restore a package"); why != nil {
		return why
	}
	s.world.deleted = slices.Delete(s.world.deleted, at, at+1)
	s.world.packages[key(name)] = p
	return nil
}

// maxPatch is how much of a PATCH body is read, in bytes.
const maxPatch = 64 << 10

// patchPackage is the call GitHub does not have (docs/ghcr.md, Visibility
// cannot be set), unless [Answers.Visibility] says it does. Public stays public
// either way.
func (s *Server) patchPackage(c *apiCall, owner *Owner, name string) *apiError {
	if s.world.answers.Visibility != PatchHonoured {
		return notFound()
	}
	p := s.world.find(name)
	if why := s.mayAdminister(c, owner, p, "write:packages", "update a package"); why != nil {
		return why
	}
	var change struct{ Visibility Visibility }
	err := json.NewDecoder(io.LimitReader(c.r.Body, maxPatch)).Decode(&change)
	known := slices.Contains([]Visibility{Public, Private, Internal}, change.Visibility)
	if err != nil || !known || p.Visibility == Public && change.Visibility != Public {
		return &apiError{http.StatusUnprocessableEntity, "Validation Failed"}
	}
	p.Visibility = change.Visibility
	return c.reply(s.packageJSON(c, p))
}
