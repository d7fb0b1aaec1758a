package ghcrtest

import "fmt"

// AddBlob adds a blob to a repository without any checks, and returns its digest.
func (s *Server) AddBlob(name string, content []byte) (string, error) {
	k, err := s.store.create()
	if err != nil {
		return "", err
	}
	if _, err := k.Write(content); err != nil {
		return "", fmt.Errorf("adding a blob: %w", err)
	}
	if err := k.commit(); err != nil {
		return "", err
	}
	s.state.addBlob(name, k.digest())
	return k.digest(), nil
}

// AddManifest adds a manifest with a tag without any checks, and returns its digest.
// If the tag is empty, the manifest is untagged. If the package does not exist,
// AddManifest creates a private package without a link. To choose the visibility or
// the link, call AddPackage first.
func (s *Server) AddManifest(name, tag, mediaType string, raw []byte) string {
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	if s.state.findLocked(name) == nil {
		s.state.addPackageLocked(Package{Name: name})
	}
	digest := digestOf(raw)
	reference := tag
	if tag == "" {
		reference = digest
	}
	s.state.storeManifestLocked(s.state.findLocked(name), reference, version{digest: digest, mediaType: mediaType, raw: raw, created: s.now()})
	return digest
}

// AddPackage adds a package. If the package exists, AddPackage replaces its record
// and keeps its content.
func (s *Server) AddPackage(p Package) {
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	s.state.addPackageLocked(p)
}

// AddCredential adds or replaces a credential.
func (s *Server) AddCredential(c Credential) {
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	s.state.creds[c.Secret] = &c
}

// Revoke invalidates a secret and all tokens that were issued for it.
func (s *Server) Revoke(secret string) {
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	if c := s.state.creds[secret]; c != nil {
		revoked := *c
		revoked.Expired = true
		s.state.creds[secret] = &revoked
	}
}
