package login

import (
	"bytes"
	"encoding/base64"
	"errors"
	"strings"

	"github.com/docker/cli/cli/config"
	"github.com/docker/cli/cli/config/credentials"
	"github.com/docker/cli/cli/config/types"
)

// entry describes the login of one key at one point in time. The zero value means that
// the key has no login. For a login in the login file, Text holds the JSON of the login.
// For a login in a credential helper, Mark holds the fingerprint of the login.
type entry struct {
	Text []byte `json:"text,omitempty"`
	Mark string `json:"mark,omitempty"`
	Kept string `json:"kept,omitempty"` // Kept is the key under which the credential helper keeps a copy of the login.
}

// same reports whether two entries contain the same login. The method "same" compares
// the logins that Docker reads from the entries, and not the JSON texts, because other
// programs (for example, jq) write the login file with other white space.
func (e entry) same(other entry) bool {
	if e.Mark != other.Mark {
		return false
	}
	login := e.login()
	return bytes.Equal(e.Text, other.Text) || login == other.login() && login != types.AuthConfig{}
}

// login returns the user name and the secret that Docker reads from the JSON of the
// entry. The method "login" returns the zero value if the entry has no JSON of a login.
func (e entry) login() types.AuthConfig {
	if e.Text == nil {
		return types.AuthConfig{}
	}
	c, err := config.LoadFromReader(strings.NewReader(`{"auths":{"host":` + string(e.Text) + `}}`))
	if err != nil {
		return types.AuthConfig{}
	}
	return types.AuthConfig{Username: c.AuthConfigs["host"].Username, Password: c.AuthConfigs["host"].Password}
}

// fingerprint returns a salted hash of the login. The entries of a login file and of a
// credential helper have the same fingerprint if they contain the same login.
func (e entry) fingerprint(salt string) string {
	if e.Mark != "" {
		return e.Mark
	}
	return fingerprint(salt, e.login())
}

// store reads and writes the login of one key, in the login file or in a
// credential helper.
type store interface {
	current() (entry, error)
	preserve(entry) (entry, error) // preserve saves a copy of the entry before the next write.
	entry(Login) entry             // entry returns the entry that the method "write" creates.
	write(Login) error
	restore(entry) error
	dropPreserved(entry) error // dropPreserved removes the copy that the method "preserve" saved.
}

// helper returns the name of the credential helper that the login file selects
// for a key. The method "helper" returns "" if the file selects no credential
// helper. The method "helper" follows the rules of Docker.
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
	// Docker's native store also expects a login file. noFile is sufficient,
	// because the credential helper already has all data.
	programs := credentials.NewNativeStore(noFile{}, helper)
	return &inHelper{store: programs, key: key, salt: f.state.Salt}
}

// noFile is an empty login file for Docker's native store.
type noFile struct{}

func (noFile) Save() error                                 { return nil }
func (noFile) GetAuthConfigs() map[string]types.AuthConfig { return map[string]types.AuthConfig{} }
func (noFile) GetFilename() string                         { return "" }

// inFile stores the login of one key in the login file itself.
type inFile struct {
	file *file
	key  string
}

func (s *inFile) current() (entry, error) {
	text, err := s.file.content.get(s.key)
	return entry{Text: text}, err
}

// entry returns the JSON of the login with the white space that Docker writes.
// The value needs no JSON escapes, because it is Base64 text.
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

// verify checks that Docker reads the login that the method "write" has written. Docker
// reads another login if, for example, the file has a duplicate key or two objects
// "auths".
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
	s.file.content, err = s.file.content.withEntry(s.key, e.Text)
	return err
}

func (s *inFile) preserve(e entry) (entry, error) { return e, nil }
func (s *inFile) dropPreserved(entry) error       { return nil }
