package login

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"maps"
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

// Copies returns the key and the file of each login that remains after Logout, although
// it has the same user name and the same secret as a login of this session. Another
// program wrote such a login under another key.
func (s *Session) Copies() []string { return s.copies }

// removeMarked removes the logins of this session from a login file if the
// logout state is missing. removeMarked removes a login only if it equals the
// login that this session wrote.
func (s *Session) removeMarked(ctx context.Context, path string) error {
	if len(s.Marks) == 0 {
		return nil
	}
	return s.edit(ctx, path, func(f *file) error {
		if slices.ContainsFunc(f.state.Records, func(r record) bool { return r.Session == s.ID }) {
			return s.removeRecorded(f)
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
		return s.inspect(f, s.Salt, s.Marks)
	})
}

// removeMarked removes the login with the key of the mark if the hash of this
// login equals the hash of the mark. The login can be in the login file although the
// login file now selects a credential helper.
func (f *file) removeMarked(salt string, m mark) (removed bool, err error) {
	text, err := f.content.get(m.Key)
	if err != nil {
		return false, err
	}
	if (entry{Text: text}).fingerprint(salt) == m.Hash {
		removed = true
		if f.content, err = f.content.withEntry(m.Key, nil); err != nil {
			return false, err
		}
	}
	helper := f.helper(m.Key)
	if helper == "" {
		return removed, nil
	}
	programs := credentials.NewNativeStore(noFile{}, helper)
	now, err := programs.Get(m.Key)
	switch {
	case err != nil && removed:
		return true, nil
	case err != nil || fingerprint(salt, now) != m.Hash:
		return removed, f.helperError(helper, err)
	}
	return true, f.helperError(helper, programs.Erase(m.Key))
}

// removeRecorded removes the logins of this session, and restores the logins that they
// replaced.
func (s *Session) removeRecorded(f *file) error {
	var marks []mark
	for _, r := range f.state.Records {
		if r.Session == s.ID && !r.Before.same(r.Wrote) {
			marks = append(marks, mark{r.Key, r.Wrote.fingerprint(f.state.Salt)})
		}
	}
	if err := f.remove(s.ID); err != nil || f.state.originalKnown {
		return err
	}
	return s.inspect(f, f.state.Salt, marks)
}

// inspect reads the login file after the removal as Docker reads it. inspect returns an
// error if the file still contains a login of this session, and records copies with
// other keys. The logins of other sessions are no copies.
func (s *Session) inspect(f *file, salt string, marks []mark) error {
	c, err := config.LoadFromReader(bytes.NewReader(f.content))
	if err != nil || f.content.blank() {
		return nil //nolint:nilerr // The function "open" has already read the file without an error, and an empty file has no logins.
	}
	for _, key := range slices.Sorted(maps.Keys(c.AuthConfigs)) {
		login := c.AuthConfigs[key]
		hash := fingerprint(salt, types.AuthConfig{Username: login.Username, Password: login.Password})
		own := slices.Contains(marks, mark{key, hash})
		other := slices.ContainsFunc(f.state.Records, func(r record) bool { return r.Key == key })
		switch {
		case hash == "" || other:
		case own:
			return fmt.Errorf("the file still contains the login for %s", key)
		case slices.ContainsFunc(marks, func(m mark) bool { return m.Hash == hash }):
			s.copies = append(s.copies, key+" in "+f.path)
		}
	}
	return nil
}
