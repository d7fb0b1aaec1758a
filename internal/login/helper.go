package login

import (
	"crypto/rand"
	"errors"

	"github.com/docker/cli/cli/config/credentials"
	"github.com/docker/cli/cli/config/types"
)

// inHelper stores the login of one key in a credential helper. inHelper keeps
// the replaced login in the credential helper under a separate key, because a
// secret from a keychain must not be written to disk.
type inHelper struct {
	store credentials.Store
	key   string
	salt  string
}

// fingerprint returns a salted hash of a login. The logout compares hashes of
// logins, because it does not store the secrets.
func (s *inHelper) fingerprint(c types.AuthConfig) string { return fingerprint(s.salt, c) }

func fingerprint(salt string, c types.AuthConfig) string {
	if c.Username == "" && c.Password == "" && c.IdentityToken == "" {
		return ""
	}
	return sum([]byte(salt + "\x00" + c.Username + "\x00" + c.Password + "\x00" + c.IdentityToken))
}

func (s *inHelper) current() (entry, error) {
	c, err := s.store.Get(s.key)
	return entry{Mark: s.fingerprint(c)}, err
}

func (s *inHelper) preserve(e entry) (entry, error) {
	if e.Mark == "" {
		return e, nil
	}
	e.Kept = "https://ghcr-publish.invalid/" + rand.Text()
	return e, s.copy(s.key, e.Kept)
}

func (s *inHelper) copy(from, to string) error {
	c, err := s.store.Get(from)
	if err != nil {
		return err
	}
	if s.fingerprint(c) == "" {
		return errors.New("the credential helper no longer has the previous login")
	}
	c.ServerAddress = to
	return s.store.Store(c)
}

func (s *inHelper) config(l Login) types.AuthConfig {
	return types.AuthConfig{Username: l.Username, Password: l.Secret.Reveal(), ServerAddress: s.key}
}

func (s *inHelper) entry(l Login) entry { return entry{Mark: s.fingerprint(s.config(l))} }
func (s *inHelper) write(l Login) error { return s.store.Store(s.config(l)) }

func (s *inHelper) restore(e entry) error {
	if e.Kept == "" {
		return s.store.Erase(s.key)
	}
	if err := s.copy(e.Kept, s.key); err != nil {
		return err
	}
	return s.dropPreserved(e)
}

func (s *inHelper) dropPreserved(e entry) error {
	if e.Kept == "" {
		return nil
	}
	return s.store.Erase(e.Kept)
}
