// Package login writes registry logins where other programs look for them, and
// takes them away again: the Docker login file (its form is that of
// github.com/docker/cli's config package) or the credential helper that the
// file names for a host.
//
// It keeps everything of such a file that is not its own, byte for byte, so
// that taking a login away leaves what was there before. It asks no registry:
// whether a login is good, others find out first.
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

// key is how the file names a host. Docker Hub has its name from a time
// before references had hosts.
func (l Login) key() string {
	if l.Host == "docker.io" || l.Host == "index.docker.io" {
		return "https://index.docker.io/v1/"
	}
	return l.Host
}

// Session is what one step logged in, for the step that logs out. It holds no
// secret and is meant to be kept as JSON.
type Session struct {
	ID     string   `json:"id"`
	Files  []string `json:"files"`            // login files, by absolute path
	Notes  string   `json:"notes,omitempty"`  // folder of what Out needs; empty: logins stay
	Folder string   `json:"folder,omitempty"` // private to this session, and ends with it
}

// New names a session that writes to the place.
func New(p Place) *Session {
	return &Session{ID: rand.Text(), Files: p.Files, Notes: p.Notes, Folder: p.Folder}
}

// Parse reads a session that was kept.
func Parse(text string) (*Session, error) {
	var s Session
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		return nil, fmt.Errorf("reading the state of the login: %w", err)
	}
	return &s, nil
}

// String is the session as JSON.
func (s *Session) String() string {
	text, err := json.Marshal(s)
	if err != nil {
		return "" // strings alone: it cannot fail
	}
	return string(text)
}

// In logs in: every login in every file. A file gets all of them or none.
func (s *Session) In(ctx context.Context, logins []Login) error {
	for _, path := range s.Files {
		if err := s.in(ctx, path, logins); err != nil {
			return fmt.Errorf("writing the login file %q: %w", path, err)
		}
	}
	return nil
}

func (s *Session) in(ctx context.Context, path string, logins []Login) error {
	return s.edit(ctx, path, func(f *file) error {
		for _, l := range logins {
			if err := f.add(s.ID, l); err != nil {
				err = errors.Join(fmt.Errorf("for %s: %w", l.Host, err), f.remove(s.ID))
				f.now = f.was
				return err
			}
		}
		return nil
	})
}

// Out takes away what In added. What stood there before comes back; what
// somebody else wrote since stays.
func (s *Session) Out(ctx context.Context) error {
	if s.Folder != "" {
		return s.discard()
	}
	if s.Notes == "" {
		return nil
	}
	var errs []error
	for _, path := range s.Files {
		err := s.edit(ctx, path, func(f *file) error { return f.remove(s.ID) })
		if err != nil {
			errs = append(errs, fmt.Errorf("taking the login out of %q: %w", path, err))
		}
	}
	return errors.Join(errs...)
}
