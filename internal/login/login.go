// Package login writes registry logins for other programs, and removes these
// logins again. It writes to the Docker config file, or to the credential
// helper that the file names for a host. The config package of
// github.com/docker/cli defines the format of the file.
//
// It does not change other content of the file. After a logout, the file has
// the same bytes as before the login. The package sends no requests to a
// registry; the caller must verify a login first.
package login

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/ghcr-publish/ghcr-publish/internal/secret"
)

// Login is a user name and a secret for one registry host.
type Login struct {
	Host     string // in the form of an image's name: ghcr.io, docker.io
	Username string
	Secret   secret.Secret
}

// key returns the key of the host in the login file. The key of Docker Hub is a
// URL, because this key is older than references with a host.
func (l Login) key() string {
	if l.Host == "docker.io" || l.Host == "index.docker.io" {
		return "https://index.docker.io/v1/"
	}
	return l.Host
}

// Session describes the logins of one step. The step that logs out needs this
// description. A session contains no secret, and callers store the session as
// JSON.
type Session struct {
	ID             string   `json:"id"`
	Files          []string `json:"files"`            // absolute paths of the login files
	StateFolder    string   `json:"state,omitempty"`  // folder of the logout state; if empty, Logout removes nothing
	IsolatedFolder string   `json:"folder,omitempty"` // private to this session; Logout removes the folder
	Salt           string   `json:"salt,omitempty"`   // salt of the marks
	Marks          []mark   `json:"marks,omitempty"`  // see Written

	unrestored []string
}

// New returns a session with a new ID that writes to the login files f.
func New(f Files) *Session {
	return &Session{ID: rand.Text(), Files: f.Paths, StateFolder: f.StateFolder, IsolatedFolder: f.IsolatedFolder}
}

// Parse parses a stored session. It returns an error for invalid JSON.
func Parse(text string) (*Session, error) {
	var s Session
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		return nil, fmt.Errorf("reading the state of the login: %w", err)
	}
	return &s, nil
}

// String returns the session as JSON.
func (s *Session) String() string {
	text, err := json.Marshal(s)
	if err != nil {
		return "" // a struct of strings can always be encoded
	}
	return string(text)
}

// Login writes each login to each file. A file gets either all logins or none.
// Login stops at the first file that fails, and returns the error.
func (s *Session) Login(ctx context.Context, logins []Login) error {
	for _, path := range s.Files {
		if err := s.loginTo(ctx, path, logins); err != nil {
			return fmt.Errorf("writing the login file %q: %w", path, err)
		}
	}
	return nil
}

func (s *Session) loginTo(ctx context.Context, path string, logins []Login) error {
	return s.edit(ctx, path, func(f *file) error {
		for _, l := range logins {
			if err := f.add(s.ID, l); err != nil {
				err = errors.Join(fmt.Errorf("for %s: %w", l.Host, err), f.remove(s.ID))
				f.content = f.before
				return err
			}
		}
		return nil
	})
}

// logoutFrom removes the logins of this session from one file.
func (s *Session) logoutFrom(ctx context.Context, path string) error {
	if s.stateMissing(path) {
		return s.removeMarked(ctx, path)
	}
	return s.edit(ctx, path, func(f *file) error { return f.remove(s.ID) })
}

// Logout removes the logins that Login added, and restores the logins that
// Login replaced. It keeps a login that another program has written since then.
// It returns the joined errors of all files.
func (s *Session) Logout(ctx context.Context) error {
	if s.IsolatedFolder != "" {
		return s.removeFolder()
	}
	var errs []error
	for _, path := range s.Files {
		err := s.logoutFrom(ctx, path)
		if err != nil {
			errs = append(errs, fmt.Errorf("removing the login from %q: %w", path, err))
		}
	}
	return errors.Join(errs...)
}
