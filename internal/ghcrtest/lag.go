package ghcrtest

// lag hides a write from the next reads. The lag counts each kind of read separately.
type lag struct {
	refs      map[string]*stale
	rest      int // rest is the number of REST requests that do not see the write.
	restFrom  int // restFrom is the number of versions that REST requests see before the write is visible.
	anonymous int // anonymous is the number of anonymous token requests that the server still refuses.
}

// stale is a reference whose new value is not visible.
type stale struct {
	left   int    // left is the number of reads that see the previous digest.
	before string // before is the previous digest, or "" if the reference is new.
}

// delay starts a lag of n reads for a manifest and its reference. The argument
// "before" is the previous digest of the tag. The argument "known" is the previous
// number of versions.
func (l *lag) delay(n int, digest, reference, before string, known int) {
	if l.refs == nil {
		l.refs = map[string]*stale{}
	}
	l.refs[reference] = &stale{left: n, before: before}
	if reference != digest {
		l.refs[digest] = &stale{left: n}
	}
	l.rest, l.restFrom = n, known
	if known == 0 {
		l.anonymous = n
	}
}

// see returns the digest that a read of a reference sees, or "" if the reference is
// not visible. The argument "digest" is the current digest of the reference.
func (l *lag) see(reference, digest string) string {
	s := l.refs[reference]
	if s == nil || s.left == 0 {
		return digest
	}
	s.left--
	return s.before
}

// restSees returns the number of versions that a REST request sees. The argument
// "all" is the number of all versions.
func (l *lag) restSees(all int) int {
	if l.rest == 0 {
		return all
	}
	l.rest--
	return min(l.restFrom, all)
}

// anonymousSees reports whether an anonymous request sees the package.
func (l *lag) anonymousSees() bool {
	if l.anonymous == 0 {
		return true
	}
	l.anonymous--
	return false
}
