package github

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/ghcr-publish/ghcr-publish/internal/registry/retry"
)

// Delete deletes a version and its tags. The reason Gone means that the version did not exist
// any more, for example because another run deleted it. GitHub also answers 404 if the token
// does not have the role Admin, so Delete reads the version after a response 404.
func (v *Versions) Delete(ctx context.Context, id int64) error {
	_, err := v.call(ctx, http.MethodDelete, v.one(id), nil)
	if ReasonOf(err) == Gone {
		err = v.explainAbsence(ctx, err, v.one(id))
	}
	if err != nil {
		return fmt.Errorf("deleting version %d: %w", id, err)
	}
	return nil
}

// DeletePackage deletes the package with all its versions. GitHub deletes the last tagged
// version only together with its package.
func (v *Versions) DeletePackage(ctx context.Context) error {
	_, err := v.call(ctx, http.MethodDelete, v.path, nil)
	if ReasonOf(err) == Gone {
		err = v.explainAbsence(ctx, err, v.path)
	}
	if err != nil {
		return fmt.Errorf("deleting the package: %w", err)
	}
	return nil
}

// explainAbsence returns the reason of a response 404 to a deletion. If the object exists, the
// token does not have the role Admin. A read can see an object for some time after its
// deletion, so explainAbsence reads up to three times.
func (v *Versions) explainAbsence(ctx context.Context, absent error, path string) error {
	for n := 1; ; n++ {
		_, err := v.call(ctx, http.MethodGet, path, nil)
		if err != nil && ReasonOf(err) != Gone {
			return err
		}
		if err != nil {
			return absent
		}
		if n == maxAttempts || v.client.Sleep.Wait(ctx, retry.Backoff(firstWait, n)) != nil {
			return &RefusedError{Reason: NoAdmin, cause: absent}
		}
	}
}

// Restore restores a deleted version. GitHub restores a version within 30 days, unless its
// manifest was pushed again (docs/ghcr.md, Deleting and restoring). If the version exists
// already, Restore succeeds. A restored version possibly has no tags.
func (v *Versions) Restore(ctx context.Context, id int64) error {
	_, err := v.call(ctx, http.MethodPost, v.one(id)+"/restore", nil)
	if ReasonOf(err) == Gone {
		err = v.explainRestoration(ctx, err, id)
	}
	if err != nil {
		return fmt.Errorf("restoring version %d: %w", id, err)
	}
	return nil
}

// explainRestoration returns the reason of a response 404 to a restoration.
func (v *Versions) explainRestoration(ctx context.Context, absent error, id int64) error {
	if _, err := v.call(ctx, http.MethodGet, v.one(id), nil); ReasonOf(err) != Gone {
		return err // If err is nil, another run restored the version.
	}
	deleted, err := v.Deleted(ctx)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(deleted, func(one Version) bool { return one.ID == id })
	if at < 0 {
		return &RefusedError{Reason: NotRestorable, cause: absent}
	}
	active, err := v.List(ctx)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(active, func(one Version) bool { return one.Digest == deleted[at].Digest }) {
		return &RefusedError{Reason: NotRestorable, cause: absent} // The manifest was pushed again.
	}
	return &RefusedError{Reason: NoAdmin, cause: absent}
}

// RestorePackage restores the deleted package with its versions. The reason NotRestorable
// means that the package was deleted more than 30 days ago, that a new package has the name,
// or that the token does not have the role Admin.
func (v *Versions) RestorePackage(ctx context.Context) error {
	_, err := v.call(ctx, http.MethodPost, v.path+"/restore", nil)
	if ReasonOf(err) == Gone {
		err = &RefusedError{Reason: NotRestorable, cause: err}
	}
	if err != nil {
		return fmt.Errorf("restoring the package: %w", err)
	}
	return nil
}
