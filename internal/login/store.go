package login

import (
	"bytes"
	"encoding/base64"
	"errors"

	"github.com/docker/cli/cli/config"
	"github.com/docker/cli/cli/config/credentials"
	"github.com/docker/cli/cli/config/types"
)

// entry is a login as it stood under a key; the zero value is none. One in
// the file is its text. One in a helper stays there, and is known by its mark.
type entry struct {
	Text []byte `json:"text,omitempty"`
	Mark string `json:"mark,omitempty"`
	Kept string `json:"kept,omitempty"` // the key under which the helper keeps it
}

func (e entry) same(other entry) bool {
	return e.Mark == other.Mark && bytes.Equal(e.Text, other.Text)
}

// store is where the login for one key is: the file, or a helper.
type store interface {
	now() (entry, error)
	keep(entry) (entry, error) // makes it outlast a write
	entry(Login) entry         // what write leaves
	write(Login) error
	restore(entry) error
	drop(entry) error // ends what keep began
}

// helper is the credential helper that the file names for a key, as Docker
// finds it; "" for none.
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
	// Its file is never written: what Docker's store would add to it says
	// nothing that the helper does not say.
	programs := credentials.NewNativeStore(noFile{}, helper)
	return &inHelper{store: programs, key: key, salt: f.notes.Salt}
}

// noFile is the file of a native store.
type noFile struct{}

func (noFile) Save() error                                 { return nil }
func (noFile) GetAuthConfigs() map[string]types.AuthConfig { return map[string]types.AuthConfig{} }
func (noFile) GetFilename() string                         { return "" }

// inFile is a login in the file itself.
type inFile struct {
	file *file
	key  string
}

func (s *inFile) now() (entry, error) {
	text, err := s.file.now.get(s.key)
	return entry{Text: text}, err
}

// entry is spaced as Docker writes it; base64 needs no escaping.
func (s *inFile) entry(l Login) entry {
	auth := base64.StdEncoding.EncodeToString([]byte(l.Username + ":" + l.Secret.Reveal()))
	return entry{Text: []byte("{\n\t\t\t\"auth\": \"" + auth + "\"\n\t\t}")}
}

func (s *inFile) write(l Login) error {
	if err := s.restore(s.entry(l)); err != nil {
		return err
	}
	return s.readable(l)
}

// readable makes sure that Docker reads what was meant: a file may have two
// objects "auths", or a key twice.
func (s *inFile) readable(l Login) error {
	c, err := config.LoadFromReader(bytes.NewReader(s.file.now))
	if err != nil {
		return invalid(s.file.path, err)
	}
	if got := c.AuthConfigs[s.key]; got.Username != l.Username || got.Password != l.Secret.Reveal() {
		return invalid(s.file.path, errors.New("what is written to it, Docker does not read from it"))
	}
	return nil
}

func (s *inFile) restore(e entry) (err error) {
	s.file.now, err = s.file.now.with(s.key, e.Text)
	return err
}

func (s *inFile) keep(e entry) (entry, error) { return e, nil }
func (s *inFile) drop(entry) error            { return nil }
