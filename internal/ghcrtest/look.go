package ghcrtest

import (
	"fmt"
	"io"
	"maps"
	"slices"
)

// Manifest is a manifest as it was pushed.
type Manifest struct {
	Digest    string
	MediaType string
	Raw       []byte
}

// Blob reads a blob that a repository holds. The name is owner/name.
func (s *Server) Blob(name, digest string) ([]byte, error) {
	if _, ok := s.blobSize(name, digest); !ok {
		return nil, fmt.Errorf("looking for blob %q in %q: not there", digest, name)
	}
	r, err := s.store.open(digest)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

// Manifest finds what a tag or digest resolves to, without any lag.
func (s *Server) Manifest(name, reference string) (Manifest, bool) {
	s.world.mu.Lock()
	defer s.world.mu.Unlock()
	p := s.world.find(name)
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

// Tag is the digest a tag points at, or empty.
func (s *Server) Tag(name, tag string) string {
	m, _ := s.Manifest(name, tag)
	return m.Digest
}

// Tags lists a package's tags, sorted.
func (s *Server) Tags(name string) []string {
	s.world.mu.Lock()
	defer s.world.mu.Unlock()
	p := s.world.find(name)
	if p == nil {
		return nil
	}
	return slices.Sorted(maps.Keys(p.tags))
}

// Package is GitHub's record of a package that exists.
func (s *Server) Package(name string) (Package, bool) {
	s.world.mu.Lock()
	defer s.world.mu.Unlock()
	p := s.world.find(name)
	if p == nil {
		return Package{}, false
	}
	out := p.Package
	out.Grants, out.Users = maps.Clone(p.Grants), maps.Clone(p.Users)
	return out, true
}

// Uploads is how many upload sessions are open.
func (s *Server) Uploads() int {
	s.uploads.mu.Lock()
	defer s.uploads.mu.Unlock()
	return len(s.uploads.open)
}
