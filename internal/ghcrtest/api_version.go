package ghcrtest

import (
	"net/http"
	"slices"
	"strconv"
)

// serveVersions is …/versions and what is below it. Every manifest is a
// version, children of an index too (locked).
func (s *Server) serveVersions(c *apiCall, owner *Owner, name string, rest []string) *apiError {
	if len(rest) == 0 {
		if c.r.Method != http.MethodGet {
			return notFound()
		}
		return s.listVersions(c, owner, name)
	}
	id, err := strconv.ParseInt(rest[0], 10, 64)
	if err != nil {
		return notFound()
	}
	switch {
	case len(rest) == 1 && c.r.Method == http.MethodGet:
		return s.getVersion(c, owner, name, id)
	case len(rest) == 1 && c.r.Method == http.MethodDelete:
		return s.deleteVersion(c, owner, name, id)
	case len(rest) == 2 && rest[1] == "restore" && c.r.Method == http.MethodPost:
		return s.restoreVersion(c, owner, name, id)
	}
	return notFound()
}

// listVersions is newest first; state=deleted lists the others.
func (s *Server) listVersions(c *apiCall, owner *Owner, name string) *apiError {
	p, seen, why := s.visible(c, owner, name, "get a package's versions")
	if why != nil {
		return why
	}
	wantDeleted := c.r.URL.Query().Get("state") == "deleted"
	out := []versionJSON{}
	for _, v := range slices.Backward(p.versions[:seen]) {
		if v.deleted == wantDeleted {
			out = append(out, s.versionJSON(c, p, v))
		}
	}
	return c.reply(page(c, out))
}

func (s *Server) getVersion(c *apiCall, owner *Owner, name string, id int64) *apiError {
	p, _, why := s.visible(c, owner, name, "get a package's versions")
	if why != nil {
		return why
	}
	v := p.byID(id)
	if v == nil || v.deleted {
		return packageAbsent()
	}
	return c.reply(s.versionJSON(c, p, v))
}

// deleteVersion protects the last tagged version only; untagged ones can
// always go, and take an index apart.
func (s *Server) deleteVersion(c *apiCall, owner *Owner, name string, id int64) *apiError {
	p := s.world.find(name)
	if why := s.mayAdminister(c, owner, p, "delete:packages", "delete a package"); why != nil {
		return why
	}
	v := p.byID(id)
	switch {
	case v == nil || v.deleted:
		return packageAbsent()
	case len(p.tagsOf(v.digest)) > 0 && p.taggedVersions() == 1:
		return &apiError{http.StatusBadRequest, textLastTagged}
	}
	v.deleted = true
	p.untag(v.digest)
	return nil
}

// restoreVersion brings the manifest back, not its tags.
func (s *Server) restoreVersion(c *apiCall, owner *Owner, name string, id int64) *apiError {
	p := s.world.find(name)
	if why := s.mayAdminister(c, owner, p, "write:packages", "restore a package"); why != nil {
		return why
	}
	v := p.byID(id)
	if v == nil || !v.deleted || p.byDigest(v.digest) != nil {
		return packageAbsent()
	}
	v.deleted = false
	return nil
}

// taggedVersions counts the versions that have a tag.
func (p *pkg) taggedVersions() int {
	digests := map[string]bool{}
	for _, digest := range p.tags {
		digests[digest] = true
	}
	return len(digests)
}
