package ghcrtest

// lag is read-after-write delay: what was just written is not seen by the
// next reads, each kind of reader counting for itself.
type lag struct {
	refs      map[string]*stale
	rest      int // reads of the REST API still to miss it
	restFrom  int // how many versions those readers see
	anonymous int // anonymous token requests still to be refused
}

// stale is a reference whose new value is not visible yet.
type stale struct {
	left   int
	before string // digest it had, or empty
}

// delay starts a lag of n reads for a manifest and the reference it came
// under. before is what the tag pointed at; known is how many versions there
// were.
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

// see returns the digest a reader gets for a reference that now resolves to
// digest; empty if it is not visible yet.
func (l *lag) see(reference, digest string) string {
	s := l.refs[reference]
	if s == nil || s.left == 0 {
		return digest
	}
	s.left--
	return s.before
}

// restSees says how many of the versions a REST reader sees.
func (l *lag) restSees(all int) int {
	if l.rest == 0 {
		return all
	}
	l.rest--
	return min(l.restFrom, all)
}

// anonymousSees says whether an anonymous reader sees the package.
func (l *lag) anonymousSees() bool {
	if l.anonymous == 0 {
		return true
	}
	l.anonymous--
	return false
}
