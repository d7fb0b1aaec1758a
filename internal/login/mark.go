package login

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"slices"

	"github.com/docker/cli/cli/config"
	"github.com/docker/cli/cli/config/credentials"
	"github.com/docker/cli/cli/config/types"
)

// mark contains the key and a salted hash of a login that this session wrote. A
// mark contains no secret. The runner stores the marks with the session, so
// they remain if another step deletes the logout state in RUNNER_TEMP.
type mark struct {
	Key  string `json:"key"`
	Hash string `json:"hash"`
}

// Written adds a mark to the session for each login that Login has written. The
// caller must store the session again after Written.
func (s *Session) Written(logins []Login) {
	s.Salt = rand.Text()
	for _, l := range logins {
		s.Marks = append(s.Marks, mark{l.key(), fingerprint(s.Salt, types.AuthConfig{Username: l.Username, Password: l.Secret.Reveal()})})
	}
}

// Unrestored returns the host and the file of each login that Logout removed without the
// logout state. If Login had replaced another login, Logout could not restore the
// replaced login without the logout state.
func (s *Session) Unrestored() []string { return s.unrestored }

// removeMarked removes the logins of this session from a login file if the
// logout state is missing. removeMarked removes a login only if it equals the
// login that this session wrote.
func (s *Session) removeMarked(ctx context.Context, path string) error {
	if len(s.Marks) == 0 {
		return nil
	}
	return s.edit(ctx, path, func(f *file) error {
		if slices.ContainsFunc(f.state.Records, func(r record) bool { return r.Session == s.ID }) {
			return f.remove(s.ID)
		}
		f.state.originalKnown = false // The file contains the login of this session, so the content of the file is not the original content.
		for _, m := range s.Marks {
			removed, err := f.removeMarked(s.Salt, m)
			if err != nil {
				return fmt.Errorf("for %s: %w", m.Key, err)
			}
			if removed {
				s.unrestored = append(s.unrestored, m.Key+" in "+path)
			}
		}
		return nil
	})
}

// removeMarked removes the login with the key of the mark if the hash of this
// login equals the hash of the mark.
func (f *file) removeMarked(salt string, m mark) (removed bool, err error) {
	helper := f.helper(m.Key)
	if helper != "" {
		programs := credentials.NewNativeStore(noFile{}, helper)
		now, err := programs.Get(m.Key)
		if err != nil || fingerprint(salt, now) != m.Hash {
			return false, f.helperError(helper, err)
		}
		return true, f.helperError(helper, programs.Erase(m.Key))
	}
	c, err := config.LoadFromReader(bytes.NewReader(f.content))
	if err != nil || f.content.blank() {
		return false, err
	}
	if now := c.AuthConfigs[m.Key]; fingerprint(salt, types.AuthConfig{Username: now.Username, Password: now.Password}) != m.Hash {
		return false, nil
	}
	f.content, err = f.content.withEntry(m.Key, nil)
	return err == nil, err
}
