package ghcrtest

// lag is a delay between a write and the reads that can see it. Each kind of read
// counts separately.
type lag struct {
	refs      map[string]*stale
	rest      int // reads of the REST API that do not see the write
	restFrom  int // number of versions that these reads see
	anonymous int // anonymous token requests that are refused
}

// stale is a reference whose new value is not visible.
type stale struct {
	left   int
	before string // previous digest, or empty
}

// delay starts a lag of n reads for a manifest and its reference. The argument
// before is the previous digest of the tag. The argument known is the previous
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

// see returns the visible digest of a reference that resolves to digest, or "" if
// the reference is not visible.
func (l *lag) see(reference, digest string) string {
	s := l.refs[reference]
	if s == nil || s.left == 0 {
		return digest
	}
	s.left--
	return s.before
}

// restSees returns the number of versions that a REST request sees.
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
