// Package login writes registry logins for other programs, and removes these
// logins later. The package writes a login to the Docker config file, or to the
// credential helper that the Docker config file names for the host. The package
// config of github.com/docker/cli defines the format of the Docker config file.
//
// The package does not change other content of the file. After a logout, the
// file has the same bytes as before the login. The package sends no requests to
// a registry. The caller must verify a login before it calls this package.
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
	Host     string // Host has the form that references use, for example ghcr.io or docker.io.
	Username string
	Secret   secret.Secret
}

// key returns the key that the login file uses for the host. The key of Docker
// Hub is a URL, because Docker defined this key before references could contain
// a host.
func (l Login) key() string {
	if l.Host == "docker.io" || l.Host == "index.docker.io" {
		return "https://index.docker.io/v1/"
	}
	return l.Host
}

// Session describes the logins of one step. A later step needs the session to
// log out. Callers store the session as JSON. A session contains no secret.
type Session struct {
	ID             string   `json:"id"`
	Files          []string `json:"files"`            // Files contains the absolute paths of the login files.
	StateFolder    string   `json:"state,omitempty"`  // StateFolder is the folder of the logout state. If StateFolder is empty, Logout does not restore replaced logins.
	IsolatedFolder string   `json:"folder,omitempty"` // IsolatedFolder is private to this session, and Logout removes it.
	Salt           string   `json:"salt,omitempty"`   // Salt is the salt of the hashes in Marks.
	Marks          []mark   `json:"marks,omitempty"`  // Written sets Marks.

	unrestored, copies []string
}

// New returns a new session with a random ID. The session writes to the login files in
// the argument "f".
func New(f Files) *Session {
	return &Session{ID: rand.Text(), Files: f.Paths, StateFolder: f.StateFolder, IsolatedFolder: f.IsolatedFolder}
}

// Parse parses the JSON of a stored session. Parse returns an error if the JSON
// is invalid.
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
		return "" // Marshal never fails for a struct that contains only strings.
	}
	return string(text)
}

// Login writes all logins to each login file. If one login cannot be written to a file,
// Login removes the other logins from this file. After such an error, Login returns the
// error and does not write to the remaining files.
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
	return s.edit(ctx, path, s.removeRecorded)
}

// Logout removes the logins that Login added, and restores the logins that
// Login replaced. Logout keeps a login that another program has written after
// Login. Logout continues after an error, and returns the joined errors of all
// files.
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
