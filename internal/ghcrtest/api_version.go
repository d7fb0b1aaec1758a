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
	s.beforeDeletionLocked(name)
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
// state=deleted, listVersionsLocked lists the deleted versions that can be restored.
func (s *Server) listVersionsLocked(c *apiCall, owner *Owner, name string) *apiError {
	number := max(queryNumber(c, "page", 1), 1)
	s.beforeListLocked(name, number)
	p, list, refused := s.visibleLocked(c, owner, name, "get a package's versions")
	if refused != nil {
		return refused
	}
	if list == nil {
		list = p.listed()
	}
	if c.r.URL.Query().Get("state") == "deleted" {
		list = s.deletedVersions(list)
	} else {
		list = s.activeVersions(list)
	}
	slices.Reverse(list)
	out := []versionJSON{}
	for _, one := range page(c, list) {
		out = append(out, s.versionJSONLocked(c, p, one))
	}
	s.afterListLocked(name, number, lastPage(c, len(list)))
	return c.reply(out)
}

func (s *Server) getVersionLocked(c *apiCall, owner *Owner, name string, id int64) *apiError {
	p, list, refused := s.visibleLocked(c, owner, name, "get a package's versions")
	if refused != nil {
		return refused
	}
	if list == nil {
		list = p.listedByID(id)
	}
	for _, one := range list {
		if one.id == id && !one.deleted {
			return c.reply(s.versionJSONLocked(c, p, one))
		}
	}
	return packageAbsent()
}
