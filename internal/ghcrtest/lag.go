package ghcrtest

import "slices"

// lag hides a write from the next reads. The lag counts each kind of read separately, so
// that the list of versions and the list of tags can disagree.
type lag struct {
	refs      map[string]*stale
	versions  staleVersions
	tags      staleTags
	anonymous int // anonymous is the number of anonymous token requests that the server still refuses.
}

// stale is a reference whose new value is not visible.
type stale struct {
	left   int    // left is the number of reads that see the previous digest.
	before string // before is the previous digest, or "" if the reference is new.
}

// staleVersions is the list of versions before a write.
type staleVersions struct {
	left int // left is the number of REST requests that see the list.
	list []listed
}

// staleTags is the list of tags before a write.
type staleTags struct {
	left int // left is the number of requests for the list of tags that see the list.
	list []string
}

// delay hides the write that follows. The argument "before" maps each reference that the
// write changes to the digest that reads of the reference still see.
func (p *pkg) delay(e Lag, before map[string]string) {
	if e.TagReads > 0 {
		p.lag.tags = staleTags{left: e.TagReads, list: slices.Clone(p.tagOrder)}
	}
	if e.Reads == 0 {
		return
	}
	if p.lag.refs == nil {
		p.lag.refs = map[string]*stale{}
	}
	for reference, digest := range before {
		p.lag.refs[reference] = &stale{left: e.Reads, before: digest}
	}
	p.lag.versions = staleVersions{left: e.Reads, list: p.listed()}
	if len(p.versions) == 0 {
		p.lag.anonymous = e.Reads
	}
}

// delayDeletion hides the deletion of a version. The next reads still see the manifest
// and its tags.
func (p *pkg) delayDeletion(e Lag, v *version) {
	before := map[string]string{v.digest: v.digest}
	for _, tag := range p.tagsOf(v.digest) {
		before[tag] = v.digest
	}
	p.delay(e, before)
}

// see returns the digest that a read of a reference sees, or "" if the reference is
// not visible. The argument "digest" is the current digest of the reference. The result
// "old" is true if the read sees the state before a write.
func (l *lag) see(reference, digest string) (seen string, old bool) {
	s := l.refs[reference]
	if s == nil || s.left == 0 {
		return digest, false
	}
	s.left--
	return s.before, true
}

// versionsSeen returns the list of versions that a REST request sees. If no write is
// hidden, the result "old" is false, and the request sees the current list.
func (l *lag) versionsSeen() (list []listed, old bool) {
	if l.versions.left == 0 {
		return nil, false
	}
	l.versions.left--
	return slices.Clone(l.versions.list), true
}

// tagsSeen returns the list of tags that a request sees. The argument "tags" is the
// current list.
func (l *lag) tagsSeen(tags []string) []string {
	if l.tags.left == 0 {
		return slices.Clone(tags)
	}
	l.tags.left--
	return slices.Clone(l.tags.list)
}

// anonymousSees reports whether an anonymous request sees the package.
func (l *lag) anonymousSees() bool {
	if l.anonymous == 0 {
		return true
	}
	l.anonymous--
	return false
}
