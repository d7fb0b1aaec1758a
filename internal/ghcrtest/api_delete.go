package ghcrtest

import (
	"net/http"
	"time"
)

// deleteVersionLocked deletes a version and its tags. An untagged version can be deleted
// even if an index refers to this version.
func (s *Server) deleteVersionLocked(c *apiCall, owner *Owner, name string, id int64) *apiError {
	p := s.state.findLocked(name)
	if refused := s.checkAdminLocked(c, owner, p, "delete:packages", "delete a package", s.state.answers.NoAdmin); refused != nil {
		return refused
	}
	v := p.byID(id)
	switch {
	case v == nil || v.deleted:
		return packageAbsent()
	case len(p.tagsOf(v.digest)) > 0 && p.taggedVersions() == 1:
		return &apiError{http.StatusBadRequest, textLastTagged}
	case p.popular(v):
		return &apiError{http.StatusBadRequest, textPopularVersion}
	}
	p.delayDeletion(lagOf(c.r), v)
	children := s.state.childrenToDelete(p, v)
	p.remove(v, s.now())
	for _, child := range children {
		p.remove(child, s.now())
	}
	return nil
}

// remove deletes a version and its tags. The registry then answers reads of the
// manifest and of its tags with 404. The children of a deleted index stay.
func (p *pkg) remove(v *version, now time.Time) {
	v.deleted, v.gone, v.goneTags = true, now, p.tagsOf(v.digest)
	delete(p.live, v.digest)
	p.untag(v.digest)
}

// deletePackageLocked deletes a package with all its versions. The last tagged version
// can be deleted only together with the package.
func (s *Server) deletePackageLocked(c *apiCall, owner *Owner, name string) *apiError {
	p := s.state.findLocked(name)
	if refused := s.checkAdminLocked(c, owner, p, "delete:packages", "delete a package", s.state.answers.NoAdmin); refused != nil {
		return refused
	}
	for _, v := range p.versions {
		if !v.deleted && p.popular(v) {
			return &apiError{http.StatusBadRequest, textPopularPackage}
		}
	}
	p.gone = s.now()
	delete(s.state.packages, key(name))
	s.state.deleted = append(s.state.deleted, p)
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
