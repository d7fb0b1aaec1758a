package ghcrtest

// maxDownloads is the number of downloads after which GitHub does not delete a public
// package or version (docs/ghcr.md, Deleting and restoring).
const maxDownloads = 5000

// popular reports whether GitHub refuses to delete a version because of its downloads.
func (p *pkg) popular(v *version) bool {
	return p.Visibility == Public && v.downloads > maxDownloads
}

// countDownload counts a GET of a manifest as a download. The REST API does not return the
// number of downloads.
func (s *Server) countDownload(name, digest string) {
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	s.manifestReadLocked(name)
	if p := s.state.findLocked(name); p != nil {
		if v := p.byDigest(digest); v != nil {
			v.downloads++
		}
	}
}

// SetDownloads sets the number of downloads of a version. SetDownloads does nothing if
// the package does not have the digest.
func (s *Server) SetDownloads(name, digest string, downloads int) {
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	if p := s.state.findLocked(name); p != nil {
		if v := p.byDigest(digest); v != nil {
			v.downloads = downloads
		}
	}
}
