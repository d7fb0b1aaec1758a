package login

import (
	"bytes"
	"encoding/base64"
	"errors"

	"github.com/docker/cli/cli/config"
	"github.com/docker/cli/cli/config/credentials"
	"github.com/docker/cli/cli/config/types"
)

// entry is the login of one key at one time. The zero value means that the key
// has no login. For a login in the file, Text holds its JSON. A login in a
// credential helper stays in the helper, and Mark holds its fingerprint.
type entry struct {
	Text []byte `json:"text,omitempty"`
	Mark string `json:"mark,omitempty"`
	Kept string `json:"kept,omitempty"` // key under which the helper preserves the login
}

func (e entry) same(other entry) bool {
	return e.Mark == other.Mark && bytes.Equal(e.Text, other.Text)
}

// store is the storage of the login for one key: the file, or a credential
// helper.
type store interface {
	current() (entry, error)
	preserve(entry) (entry, error) // protects the entry from the next write
	entry(Login) entry             // the entry after write
	write(Login) error
	restore(entry) error
	dropPreserved(entry) error // removes the copy that preserve made
}

// helper returns the name of the credential helper that the file selects for a
// key by Docker's rules. It returns "" if the file selects no credential
// helper.
func (f *file) helper(key string) string {
	if name, ok := f.config.CredentialHelpers[key]; ok {
		return name
	}
	return f.config.CredentialsStore
}

func (f *file) store(helper, key string) store {
	if helper == "" {
		return &inFile{f, key}
	}
	// The native store never writes to the login file, because the credential
	// helper already has all data.
	programs := credentials.NewNativeStore(noFile{}, helper)
	return &inHelper{store: programs, key: key, salt: f.state.Salt}
}

// noFile replaces the login file of a native store.
type noFile struct{}

func (noFile) Save() error                                 { return nil }
func (noFile) GetAuthConfigs() map[string]types.AuthConfig { return map[string]types.AuthConfig{} }
func (noFile) GetFilename() string                         { return "" }

// inFile is a login in the login file itself.
type inFile struct {
	file *file
	key  string
}

func (s *inFile) current() (entry, error) {
	text, err := s.file.content.get(s.key)
	return entry{Text: text}, err
}

// entry returns the text of the login with the white space that Docker writes.
// Base64 needs no JSON escapes.
func (s *inFile) entry(l Login) entry {
	auth := base64.StdEncoding.EncodeToString([]byte(l.Username + ":" + l.Secret.Reveal()))
	return entry{Text: []byte("{\n\t\t\t\"auth\": \"" + auth + "\"\n\t\t}")}
}

func (s *inFile) write(l Login) error {
	if err := s.restore(s.entry(l)); err != nil {
		return err
	}
	return s.verify(l)
}

// verify checks that Docker reads the written login. Docker reads another value
// if, for example, the file has two objects "auths" or a duplicate key.
func (s *inFile) verify(l Login) error {
	c, err := config.LoadFromReader(bytes.NewReader(s.file.content))
	if err != nil {
		return invalid(s.file.path, err)
	}
	if got := c.AuthConfigs[s.key]; got.Username != l.Username || got.Password != l.Secret.Reveal() {
		return invalid(s.file.path, errors.New("the login that Docker reads from the file is not the written login"))
	}
	return nil
}

func (s *inFile) restore(e entry) (err error) {
	s.file.content, err = s.file.content.with(s.key, e.Text)
	return err
}

func (s *inFile) preserve(e entry) (entry, error) { return e, nil }
func (s *inFile) dropPreserved(entry) error       { return nil }
