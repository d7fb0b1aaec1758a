package ghcrtest

import (
	"slices"
	"time"
)

// restoreTime is the time after a deletion in which a package or version can be restored
// (docs/ghcr.md, Deleting and restoring).
const restoreTime = 30 * 24 * time.Hour

// expired reports whether an object that was deleted at a time cannot be restored any
// more.
func (s *Server) expired(deleted time.Time) bool { return s.now().Sub(deleted) > restoreTime }

// restoreVersionLocked restores a deleted version. restoreVersionLocked fails if the
// deletion is too long ago, or if the manifest was pushed again and is now another version.
func (s *Server) restoreVersionLocked(c *apiCall, owner *Owner, name string, id int64) *apiError {
	p := s.state.findLocked(name)
	if refused := s.checkAdminLocked(c, owner, p, "write:packages", "restore a package", s.state.answers.NoAdmin); refused != nil {
		return refused
	}
	v := p.byID(id)
	if v == nil || !v.deleted || s.expired(v.gone) || p.byDigest(v.digest) != nil {
		return packageAbsent()
	}
	p.delay(lagOf(c.r), map[string]string{v.digest: ""})
	v.deleted = false
	p.live[v.digest] = v
	if s.state.answers.RestoredTags {
		p.restoreTags(v)
	}
	return nil
}

// restoreTags gives a restored version its tags. A tag that was used again stays at its
// new version.
func (p *pkg) restoreTags(v *version) {
	for _, tag := range v.goneTags {
		if _, used := p.tags[tag]; !used {
			p.setTag(tag, v.digest)
		}
	}
}

// restorePackageLocked restores a deleted package. If several deleted packages had
// the name, restorePackageLocked restores the package that was deleted last.
// restorePackageLocked fails if a new package has the name (docs/ghcr.md, Deleting
// and restoring).
func (s *Server) restorePackageLocked(c *apiCall, owner *Owner, name string) *apiError {
	at := -1
	for i, p := range s.state.deleted {
		if key(p.Name) == key(name) && !s.expired(p.gone) {
			at = i
		}
	}
	if at < 0 || s.state.findLocked(name) != nil {
		return packageAbsent()
	}
	p := s.state.deleted[at]
	if refused := s.checkAdminLocked(c, owner, p, "write:packages", "restore a package", s.state.answers.NoAdmin); refused != nil {
		return refused
	}
	s.state.deleted = slices.Delete(s.state.deleted, at, at+1)
	s.state.packages[key(name)] = p
	return nil
}
