package login

import (
	"errors"
	"fmt"
	"slices"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
)

// add writes one login and notes what it replaced.
func (f *file) add(session string, l Login) error {
	helper := f.helper(l.key())
	s := f.store(helper, l.key())
	if f.notes.path != "" {
		if err := f.note(session, s, helper, l); err != nil {
			return unhelpful(helper, err)
		}
	}
	return unhelpful(helper, s.write(l))
}

// note keeps what a login is about to replace. A helper forgets it with the
// write, so its notes are saved before.
func (f *file) note(session string, s store, helper string, l Login) error {
	before, err := s.now()
	if err != nil {
		return err
	}
	if before, err = s.keep(before); err != nil {
		return err
	}
	f.notes.Records = append(f.notes.Records, record{Session: session, Key: l.key(), Helper: helper, Before: before, Wrote: s.entry(l)})
	if helper == "" {
		return nil
	}
	return f.notes.save()
}

// remove takes the logins of a session out, the latest first.
func (f *file) remove(session string) error {
	var errs []error
	n := f.notes
	for i := len(n.Records) - 1; i >= 0; i-- {
		if n.Records[i].Session != session {
			continue
		}
		r := n.Records[i]
		n.Records = slices.Delete(n.Records, i, i+1)
		if err := f.undo(r); err != nil {
			errs = append(errs, fmt.Errorf("for %s: %w", r.Key, unhelpful(r.Helper, err)))
		}
	}
	return errors.Join(errs...)
}

// undo takes one login out, which may have been replaced since. If another
// session of ours did, that one shall bring back what was before this one;
// what somebody else wrote stays.
func (f *file) undo(r record) error {
	s := f.store(r.Helper, r.Key)
	for i := range f.notes.Records {
		if other := &f.notes.Records[i]; other.Key == r.Key && other.Helper == r.Helper && other.Before.same(r.Wrote) {
			obsolete := other.Before
			other.Before = r.Before
			return s.drop(obsolete)
		}
	}
	now, err := s.now()
	if err != nil {
		return err
	}
	if now.same(r.Wrote) {
		return s.restore(r.Before)
	}
	return s.drop(r.Before)
}

// unhelpful explains the failure of a credential helper.
func unhelpful(helper string, err error) error {
	if err == nil || helper == "" {
		return err
	}
	return &diag.Error{
		Code: "credential-helper", Side: diag.Runner, Err: err,
		Title: fmt.Sprintf("The credential helper docker-credential-%s did not do its part", helper),
		Hint:  "The login file names it (credsStore or credHelpers). Mend or take away that line; or log in with isolated: true, which asks no helper.",
	}
}
