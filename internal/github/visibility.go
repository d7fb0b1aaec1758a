package github

import (
	"context"
	"errors"
	"slices"

	"github.com/ghcr-publish/ghcr-publish/internal/registry/retry"
)

// Outcome states whether a package has the visibility that the caller
// requested, and the reason.
type Outcome string

// The outcomes. Ensure returns the outcome Changed only if it has read the package again
// after the request and the visibility has changed.
const (
	Kept       Outcome = "kept"        // the caller requested no visibility
	Already    Outcome = "already"     // the package already had the visibility before the run
	Inherited  Outcome = "inherited"   // a new package inherited the visibility from its repository
	Changed    Outcome = "changed"     // GitHub changed the visibility after the request of the program
	NeedsOwner Outcome = "needs-owner" // an owner must change the visibility in the settings of the package
	Unknown    Outcome = "unknown"     // GitHub's API did not return the visibility
)

// EnsureResult is the result of Ensure. EnsureResult contains the package after the last
// read, and the outcome.
type EnsureResult struct {
	Package Package
	Outcome Outcome
	// For the outcome Unknown, Err contains the error of the failed read. For the outcome
	// NeedsOwner, Err is the error response of GitHub to the request, or nil.
	Err error
}

// Ensure reads the package until it exists, and compares its visibility with the argument
// "want". If "want" is "" or "keep", Ensure accepts every visibility. If the visibility
// of the package differs from "want", Ensure requests the change and reads the package
// again. The REST API returns a new package later than the registry does. The retry
// budget limits the time for which Ensure waits for a new package. If a read fails, the
// outcome is Unknown.
func (c *Client) Ensure(ctx context.Context, owner Owner, name, want string, created bool, budget retry.Budget) EnsureResult {
	pkg, err := c.waitForPackage(ctx, owner, name, budget)
	switch {
	case err != nil:
		return EnsureResult{Package: Package{Owner: pkg.Owner, Name: name}, Outcome: Unknown, Err: err}
	case want == "" || want == "keep":
		return EnsureResult{Package: pkg, Outcome: Kept}
	case pkg.Visibility == want && created:
		return EnsureResult{Package: pkg, Outcome: Inherited}
	case pkg.Visibility == want:
		return EnsureResult{Package: pkg, Outcome: Already}
	}
	requestErr := c.RequestVisibility(ctx, pkg.Owner, name, want)
	after, err := c.Get(ctx, pkg.Owner, name)
	switch {
	case err != nil:
		return EnsureResult{Package: pkg, Outcome: Unknown, Err: errors.Join(requestErr, err)}
	case after.Visibility == want:
		return EnsureResult{Package: after, Outcome: Changed}
	}
	return EnsureResult{Package: after, Outcome: NeedsOwner, Err: requestErr}
}

// known returns a visibility, or "" if GitHub does not document the value. The visibility
// is an output of the step, so it must not contain other text of a server.
func known(visibility string) string {
	if slices.Contains([]string{"public", "private", "internal"}, visibility) {
		return visibility
	}
	return ""
}

// Satisfies reports whether the package has the visibility in the argument "want". If
// "want" is "" or "keep", Satisfies accepts every visibility. If the package has the
// visibility, Satisfies also returns the result that Ensure would return.
func (p Package) Satisfies(want string) (EnsureResult, bool) {
	switch want {
	case "", "keep":
		return EnsureResult{Package: p, Outcome: Kept}, true
	case p.Visibility:
		return EnsureResult{Package: p, Outcome: Already}, true
	}
	return EnsureResult{}, false
}

// waitForPackage reads the package until it exists or the retry budget ends.
func (c *Client) waitForPackage(ctx context.Context, owner Owner, name string, budget retry.Budget) (Package, error) {
	var pkg Package
	err := budget.Do(ctx, func() (again bool, err error) {
		pkg, err = c.Get(ctx, owner, name)
		return IsAbsent(err), err
	})
	return pkg, err
}
