package ghcrtest

import (
	"fmt"
	"io"
	"maps"
	"slices"
)

// Manifest is a manifest with the media type and the bytes that a client pushed.
type Manifest struct {
	Digest    string
	MediaType string
	Raw       []byte
}

// Blob returns the content of a blob that a repository has. The argument "name" has
// the form owner/name.
func (s *Server) Blob(name, digest string) ([]byte, error) {
	if _, ok := s.blobSize(name, digest); !ok {
		return nil, fmt.Errorf("reading blob %q: repository %q does not have it", digest, name)
	}
	r, err := s.store.open(digest)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

// Manifest returns the manifest of a tag or digest. Manifest returns a new manifest
// even while a [Lag] hides it from clients.
func (s *Server) Manifest(name, reference string) (Manifest, bool) {
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	p := s.state.findLocked(name)
	if p == nil {
		return Manifest{}, false
	}
	if !isDigest(reference) {
		reference = p.tags[reference]
	}
	v := p.byDigest(reference)
	if v == nil {
		return Manifest{}, false
	}
	return Manifest{v.digest, v.mediaType, slices.Clone(v.raw)}, true
}

// Tag returns the digest of a tag, or "" if the tag does not exist.
func (s *Server) Tag(name, tag string) string {
	m, _ := s.Manifest(name, tag)
	return m.Digest
}

// Tags returns the sorted tags of a package.
func (s *Server) Tags(name string) []string {
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	p := s.state.findLocked(name)
	if p == nil {
		return nil
	}
	return slices.Sorted(maps.Keys(p.tags))
}

// Versions returns the digests of the versions of a package, the newest first.
func (s *Server) Versions(name string) []string {
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	var out []string
	if p := s.state.findLocked(name); p != nil {
		for _, v := range slices.Backward(p.versions) {
			if !v.deleted {
				out = append(out, v.digest)
			}
		}
	}
	return out
}

// Package returns GitHub's record of a package.
func (s *Server) Package(name string) (Package, bool) {
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	p := s.state.findLocked(name)
	if p == nil {
		return Package{}, false
	}
	out := p.Package
	out.Grants, out.Users = maps.Clone(p.Grants), maps.Clone(p.Users)
	return out, true
}

// Uploads returns the number of open upload sessions.
func (s *Server) Uploads() int {
	s.uploads.mu.Lock()
	defer s.uploads.mu.Unlock()
	return len(s.uploads.open)
}

// VersionID returns the id of the version with a digest, or 0 if the package does not
// have the digest.
func (s *Server) VersionID(name, digest string) int64 {
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	if p := s.state.findLocked(name); p != nil {
		if v := p.byDigest(digest); v != nil {
			return v.id
		}
	}
	return 0
}
