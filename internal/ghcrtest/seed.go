package ghcrtest

import "fmt"

// AddBlob puts a blob into a repository, past every rule, and returns its
// digest.
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
	s.world.keepBlob(name, k.digest())
	return k.digest(), nil
}

// AddManifest puts a manifest under a tag, past every rule, and returns its
// digest. An empty tag leaves it untagged. A package that is not there yet
// becomes a private one without a link; configure it first where that is not
// wanted.
func (s *Server) AddManifest(name, tag, mediaType string, raw []byte) string {
	s.world.mu.Lock()
	defer s.world.mu.Unlock()
	if s.world.find(name) == nil {
		s.world.addPackage(Package{Name: name})
	}
	digest := digestOf(raw)
	reference := tag
	if tag == "" {
		reference = digest
	}
	s.world.keep(s.world.find(name), reference, version{digest: digest, mediaType: mediaType, raw: raw, created: s.now()})
	return digest
}

// AddPackage adds a package, or replaces the record of one and keeps its
// content.
func (s *Server) AddPackage(p Package) {
	s.world.mu.Lock()
	defer s.world.mu.Unlock()
	s.world.addPackage(p)
}

// AddCredential adds or replaces a credential.
func (s *Server) AddCredential(c Credential) {
	s.world.mu.Lock()
	defer s.world.mu.Unlock()
	s.world.creds[c.Secret] = &c
}

// Revoke makes a secret, and every token it was exchanged for, worthless.
func (s *Server) Revoke(secret string) {
	s.world.mu.Lock()
	defer s.world.mu.Unlock()
	if c := s.world.creds[secret]; c != nil {
		revoked := *c
		revoked.Expired = true
		s.world.creds[secret] = &revoked
	}
}
