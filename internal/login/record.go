package login

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
)

// add writes one login and records the login that it replaces.
func (f *file) add(session string, l Login) error {
	helper := f.helper(l.key())
	s := f.store(helper, l.key())
	if f.state.path != "" {
		if err := f.recordPrevious(session, s, helper, l); err != nil {
			return f.helperError(helper, err)
		}
	}
	return f.helperError(helper, s.write(l))
}

// recordPrevious records the current login before the caller replaces it. A
// credential helper loses the current login when the caller writes the new
// login. For a credential helper, recordPrevious therefore saves the data for
// the later logout immediately.
func (f *file) recordPrevious(session string, s store, helper string, l Login) error {
	before, err := s.current()
	if err != nil {
		return err
	}
	if before, err = s.preserve(before); err != nil {
		return err
	}
	f.state.Records = append(f.state.Records, record{Session: session, Key: l.key(), Helper: helper, Before: before, Wrote: s.entry(l)})
	if helper == "" {
		return nil
	}
	return f.state.save()
}

// remove removes the logins of a session, in reverse order.
func (f *file) remove(session string) error {
	var errs []error
	n := f.state
	for i := len(n.Records) - 1; i >= 0; i-- {
		if n.Records[i].Session != session {
			continue
		}
		r := n.Records[i]
		n.Records = slices.Delete(n.Records, i, i+1)
		if err := f.undo(r); err != nil {
			errs = append(errs, fmt.Errorf("for %s: %w", r.Key, f.helperError(r.Helper, err)))
		}
	}
	return errors.Join(errs...)
}

// undo removes one login, or restores the login that it replaced. If another session of
// this program has replaced the login, undo copies the previous login into the record of
// the other session. The other session then restores the previous login later. If another
// program has replaced the login, the method undo keeps the new login.
func (f *file) undo(r record) error {
	s := f.store(r.Helper, r.Key)
	for i := range f.state.Records {
		if other := &f.state.Records[i]; other.Key == r.Key && other.Helper == r.Helper && other.Before.same(r.Wrote) {
			obsolete := other.Before
			other.Before = r.Before
			return s.dropPreserved(obsolete)
		}
	}
	now, err := s.current()
	if err != nil {
		return err
	}
	if !now.same(r.Wrote) {
		return errors.Join(s.dropPreserved(r.Before), f.removeMoved(r))
	}
	if err := s.restore(r.Before); err != nil {
		return err
	}
	_ = f.removeMoved(r) // The login was in the place to which this program wrote it, so the other places probably have no copy.
	return nil
}

// removeMoved removes the login of a record from the places to which another program
// could have moved it. For example, a step can add a credential helper to the login file
// after the login. removeMoved keeps the logins that other sessions wrote to such a place.
func (f *file) removeMoved(r record) error {
	for _, helper := range []string{"", f.helper(r.Key)} {
		taken := slices.ContainsFunc(f.state.Records, func(other record) bool { return other.Key == r.Key && other.Helper == helper })
		if helper == r.Helper || taken {
			continue
		}
		s := f.store(helper, r.Key)
		now, err := s.current()
		if err == nil && now.fingerprint(f.state.Salt) == r.Wrote.fingerprint(f.state.Salt) {
			err = s.restore(entry{})
		}
		if err != nil {
			return f.helperError(helper, err)
		}
	}
	return nil
}

// CodeHelperFailed means that a credential helper could not store, read or
// remove a login.
const CodeHelperFailed = "credential-helper"

// helperError adds an explanation to an error of a credential helper. The
// explanation contains the file and the line that select the credential helper.
func (f *file) helperError(helper string, err error) error {
	if err == nil || helper == "" {
		return err
	}
	return &diag.Error{
		Code: CodeHelperFailed, Side: diag.Runner, Err: err,
		Title: fmt.Sprintf("The credential helper docker-credential-%s failed", helper),
		Hint:  fmt.Sprintf("Line %d of %q selects this credential helper. ", lineAt(f.content, 1+bytes.Index(f.content, []byte(strconv.Quote(helper)))), f.path) + "Correct or remove the name of the credential helper in this line, or set isolated: true to use no credential helper.",
	}
}
