package ghcrtest

import (
	"fmt"
	"time"
)

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
	v := Version{MediaType: mediaType, Raw: raw}
	if tag != "" {
		v.Tags = []string{tag}
	}
	return s.AddVersion(name, v)
}

// Version is a manifest with the data of its version.
type Version struct {
	MediaType string
	Raw       []byte
	Tags      []string
	Created   time.Time // Created is the time of the first push. Default: now.
	Updated   time.Time // Updated is the time of the last push or tag. Default: Created.
	Downloads int
	// Unreadable makes the registry refuse every read of the manifest with status 403.
	Unreadable bool
}

// AddVersion adds a manifest in the same way as [Server.AddManifest], with the data of its
// version. A version that is added later has a higher id.
func (s *Server) AddVersion(name string, v Version) string {
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	return s.addVersionLocked(name, v)
}

func (s *Server) addVersionLocked(name string, v Version) string {
	if s.state.findLocked(name) == nil {
		s.state.addPackageLocked(Package{Name: name})
	}
	if v.Created.IsZero() {
		v.Created = s.now()
	}
	p := s.state.findLocked(name)
	digest := digestOf(v.Raw)
	s.state.storeManifestLocked(p, digest, version{
		digest: digest, mediaType: v.MediaType, raw: v.Raw, created: v.Created, updated: v.Updated,
		downloads: v.Downloads, unreadable: v.Unreadable,
	})
	for _, tag := range v.Tags {
		p.setTag(tag, digest)
	}
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
