package ghcrtest

// afterListing decides when the server applies the changes of other clients
// ([SeedOptions.AfterListing]). The server applies the changes once, before the first
// request that follows a complete list of versions and that begins a deletion: a request for
// one version, any DELETE, or another list after the client read a manifest.
type afterListing struct {
	pages    map[int]bool // pages contains the pages that the client has read.
	complete bool         // complete is true after the client has read all pages.
	read     bool         // read is true after the client has read a manifest since then.
	applied  bool
}

// beforeListLocked is called before the server handles a request for a page of versions.
func (s *Server) beforeListLocked(name string, number int) {
	if s.seed == nil || key(name) != s.seed.name {
		return
	}
	if number == 1 && s.seed.after.complete && s.seed.after.read {
		s.applyChangesLocked()
	}
}

// afterListLocked is called after the server has handled a request for a page of versions.
func (s *Server) afterListLocked(name string, number, last int) {
	if s.seed == nil || key(name) != s.seed.name {
		return
	}
	a := &s.seed.after
	if a.pages == nil {
		a.pages = map[int]bool{}
	}
	a.pages[number] = true
	for page := 1; page <= last; page++ {
		if !a.pages[page] {
			return
		}
	}
	a.complete = true
}

// manifestReadLocked is called after a GET of a manifest.
func (s *Server) manifestReadLocked(name string) {
	if s.seed != nil && key(name) == s.seed.name && s.seed.after.complete {
		s.seed.after.read = true
	}
}

// beforeDeletionLocked is called before the server handles a request for one version, or a
// deletion of a package.
func (s *Server) beforeDeletionLocked(name string) {
	if s.seed != nil && key(name) == s.seed.name && s.seed.after.complete {
		s.applyChangesLocked()
	}
}

func (s *Server) applyChangesLocked() {
	if s.seed.after.applied {
		return
	}
	s.seed.after.applied = true
	p := s.state.contentLocked(s.seed.name)
	for _, change := range s.seed.Options.AfterListing {
		switch {
		case change.Push != nil:
			s.addVersionLocked(s.seed.name, s.seed.version(*change.Push, s.now()))
		case change.MoveTag != "":
			to := s.seed.built.manifests[change.To].Digest
			p.setTag(change.MoveTag, to)
			if v := p.byDigest(to); v != nil {
				v.updated = s.now()
			}
		default:
			if v := p.byDigest(s.seed.built.manifests[change.Delete].Digest); v != nil {
				p.remove(v, s.now())
			}
		}
	}
}
