package ghcrtest

import (
	"cmp"
	"encoding/json"
	"io"
	"net/http"
	"slices"
)

// servePackages serves the eight operations of docs/ghcr.md, Package operations. The
// argument "family" has the value "orgs", "users" or "user". The argument "rest"
// contains the segments after /packages.
func (s *Server) servePackages(c *apiCall, family, login string, rest []string) *apiError {
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	owner := s.state.ownerLocked(login)
	if len(rest) == 0 {
		return s.listPackagesLocked(c, owner, family)
	}
	if owner == nil || rest[0] != "container" || len(rest) < 2 || !familyFits(family, owner) {
		return packageAbsent()
	}
	name := key(owner.Login) + "/" + key(rest[1])
	if len(rest) > 2 && rest[2] == "versions" {
		return s.serveVersionsLocked(c, owner, name, rest[3:])
	}
	switch route := c.r.Method + " " + restOf(rest); route {
	case "GET ":
		return s.getPackageLocked(c, owner, name)
	case "DELETE ":
		s.beforeDeletionLocked(name)
		return s.deletePackageLocked(c, owner, name)
	case "POST restore":
		return s.restorePackageLocked(c, owner, name)
	case "PATCH ":
		return s.patchPackageLocked(c, owner, name)
	default:
		return notFound()
	}
}

// restOf returns the last segment of …/container/{name}/{rest}. restOf returns "" if
// the path ends with the name, and "?" if the path is longer.
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

// familyFits reports whether the family matches the type of the owner. GitHub
// finds no organization below /users, and no user below /orgs.
func familyFits(family string, o *Owner) bool {
	return (family == "orgs") == (o.Type == Organization)
}

// listPackagesLocked lists the packages of an owner. listPackagesLocked refuses every
// Actions token. GitHub has this known limitation: a job cannot list packages
// (docs/ghcr.md, Package API and GITHUB_TOKEN).
func (s *Server) listPackagesLocked(c *apiCall, owner *Owner, family string) *apiError {
	if c.r.Method != http.MethodGet {
		return notFound()
	}
	query := c.r.URL.Query()
	if c.caller != nil && c.caller.Kind == ActionsToken || query.Get("package_type") == "" {
		return invalidArgument()
	}
	if owner == nil || !familyFits(family, owner) {
		return notFound()
	}
	if refused := c.checkAccess(owner.Login, "read:packages", "list packages"); refused != nil {
		return refused
	}
	out := []packageJSON{}
	for _, p := range s.state.packages {
		wanted := query.Get("visibility") == "" || query.Get("visibility") == string(p.Visibility)
		if p.exists && sameOwner(p.Name, owner.Login) && wanted && s.state.roleLocked(c.caller, p) >= Read {
			out = append(out, s.packageJSONLocked(c, p))
		}
	}
	slices.SortFunc(out, func(a, b packageJSON) int { return cmp.Compare(b.ID, a.ID) })
	return c.reply(page(c, append(out, s.packageTombstonesLocked(c, owner)...)))
}

// packageTombstonesLocked returns the deleted packages that the list of an owner's
// packages contains if [Answers.Tombstones] is true.
func (s *Server) packageTombstonesLocked(c *apiCall, owner *Owner) []packageJSON {
	var out []packageJSON
	for _, p := range s.state.deleted {
		if s.state.answers.Tombstones && sameOwner(p.Name, owner.Login) && s.state.roleLocked(c.caller, p) >= Read {
			one := s.packageJSONLocked(c, p)
			one.Name = tombstonePrefix + one.Name
			out = append(out, one)
		}
	}
	return out
}

// visibleLocked returns a package that the caller may see. If a [Lag] hides a write,
// visibleLocked also returns the versions before the write, and otherwise nil. A Lag can
// hide a new package.
func (s *Server) visibleLocked(c *apiCall, owner *Owner, name, act string) (*pkg, []listed, *apiError) {
	if refused := c.checkAccess(owner.Login, "read:packages", act); refused != nil {
		return nil, nil, refused
	}
	p := s.state.findLocked(name)
	if p == nil || s.state.roleLocked(c.caller, p) < Read {
		return nil, nil, packageAbsent()
	}
	list, old := p.lag.versionsSeen()
	if old && len(list) == 0 {
		return nil, nil, packageAbsent()
	}
	return p, list, nil
}

func (s *Server) getPackageLocked(c *apiCall, owner *Owner, name string) *apiError {
	p, _, refused := s.visibleLocked(c, owner, name, "get a package")
	if refused != nil {
		return refused
	}
	return c.reply(s.packageJSONLocked(c, p))
}

// checkAdminLocked returns nil if the caller may delete and restore a package, and
// otherwise a refusal. A job whose token may not write packages gets status 403. A
// caller without the role Admin gets the refusal for a missing package, or the refusal
// that the argument "answer" selects (docs/ghcr.md, Package API errors).
func (s *Server) checkAdminLocked(c *apiCall, owner *Owner, p *pkg, scope, act string, answer NoAdmin) *apiError {
	if refused := c.checkAccess(owner.Login, scope, act); refused != nil {
		return refused
	}
	role := None
	if p != nil {
		role = s.state.roleLocked(c.caller, p)
	}
	switch {
	case role == Admin:
		return nil
	case role == None || c.caller.Kind != ActionsToken:
		return packageAbsent()
	case c.caller.Packages < Write || answer == NoAdminForbidden:
		return forbidden(textNotIntegration)
	}
	return packageAbsent()
}

// maxPatch is the maximum size of a PATCH body, in bytes.
const maxPatch = 64 << 10

// patchPackageLocked serves PATCH of a package. GitHub does not support PATCH of a
// package (docs/ghcr.md, Visibility cannot be set). The PATCH succeeds only if
// [Answers.Visibility] is [PatchHonoured]. A public package always stays public.
func (s *Server) patchPackageLocked(c *apiCall, owner *Owner, name string) *apiError {
	if s.state.answers.Visibility != PatchHonoured {
		return notFound()
	}
	p := s.state.findLocked(name)
	if refused := s.checkAdminLocked(c, owner, p, "write:packages", "update a package", NoAdminForbidden); refused != nil {
		return refused
	}
	var change struct{ Visibility Visibility }
	err := json.NewDecoder(io.LimitReader(c.r.Body, maxPatch)).Decode(&change)
	known := slices.Contains([]Visibility{Public, Private, Internal}, change.Visibility)
	if err != nil || !known || p.Visibility == Public && change.Visibility != Public {
		return &apiError{http.StatusUnprocessableEntity, "Validation Failed"}
	}
	p.Visibility = change.Visibility
	return c.reply(s.packageJSONLocked(c, p))
}
