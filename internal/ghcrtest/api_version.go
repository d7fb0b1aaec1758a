package ghcrtest

import (
	"net/http"
	"slices"
	"strconv"
)

// serveVersionsLocked serves …/versions and the paths below it. Every manifest is
// a version, including the children of an index.
func (s *Server) serveVersionsLocked(c *apiCall, owner *Owner, name string, rest []string) *apiError {
	if len(rest) == 0 {
		if c.r.Method != http.MethodGet {
			return notFound()
		}
		return s.listVersionsLocked(c, owner, name)
	}
	id, err := strconv.ParseInt(rest[0], 10, 64)
	if err != nil {
		return notFound()
	}
	switch {
	case len(rest) == 1 && c.r.Method == http.MethodGet:
		return s.getVersionLocked(c, owner, name, id)
	case len(rest) == 1 && c.r.Method == http.MethodDelete:
		return s.deleteVersionLocked(c, owner, name, id)
	case len(rest) == 2 && rest[1] == "restore" && c.r.Method == http.MethodPost:
		return s.restoreVersionLocked(c, owner, name, id)
	}
	return notFound()
}

// listVersionsLocked lists versions, the newest first. If the query contains
// state=deleted, listVersionsLocked lists the deleted versions.
func (s *Server) listVersionsLocked(c *apiCall, owner *Owner, name string) *apiError {
	p, seen, refused := s.visibleLocked(c, owner, name, "get a package's versions")
	if refused != nil {
		return refused
	}
	wantDeleted := c.r.URL.Query().Get("state") == "deleted"
	out := []versionJSON{}
	for _, v := range slices.Backward(p.versions[:seen]) {
		if v.deleted == wantDeleted {
			out = append(out, s.versionJSONLocked(c, p, v))
		}
	}
	return c.reply(page(c, out))
}

func (s *Server) getVersionLocked(c *apiCall, owner *Owner, name string, id int64) *apiError {
	p, _, refused := s.visibleLocked(c, owner, name, "get a package's versions")
	if refused != nil {
		return refused
	}
	v := p.byID(id)
	if v == nil || v.deleted {
		return packageAbsent()
	}
	return c.reply(s.versionJSONLocked(c, p, v))
}

// deleteVersionLocked deletes a version and its tags, unless it is the last tagged
// version. An untagged version can always be deleted, even if an index refers to
// this version.
func (s *Server) deleteVersionLocked(c *apiCall, owner *Owner, name string, id int64) *apiError {
	p := s.state.findLocked(name)
	if refused := s.checkAdminLocked(c, owner, p, "delete:packages", "delete a package"); refused != nil {
		return refused
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

// restoreVersionLocked restores the manifest without its tags.
func (s *Server) restoreVersionLocked(c *apiCall, owner *Owner, name string, id int64) *apiError {
	p := s.state.findLocked(name)
	if refused := s.checkAdminLocked(c, owner, p, "write:packages", "restore a package"); refused != nil {
		return refused
	}
	v := p.byID(id)
	if v == nil || !v.deleted || p.byDigest(v.digest) != nil {
		return packageAbsent()
	}
	v.deleted = false
	return nil
}

// taggedVersions returns the number of versions that have a tag.
func (p *pkg) taggedVersions() int {
	digests := map[string]bool{}
	for _, digest := range p.tags {
		digests[digest] = true
	}
	return len(digests)
}
