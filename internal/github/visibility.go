package github

import (
	"context"
	"errors"
	"time"
)

// Outcome is what became of a wanted visibility.
type Outcome string

// The outcomes. Changed is said only after a second read showed it.
const (
	Kept       Outcome = "kept"        // nothing was wanted
	Already    Outcome = "already"     // it was so before
	Inherited  Outcome = "inherited"   // a new package took it from its repository
	Changed    Outcome = "changed"     // the request was honoured
	NeedsOwner Outcome = "needs-owner" // only a person can, in the settings
	Unknown    Outcome = "unknown"     // the API could not be asked
)

// Ensured is a package after Ensure.
type Ensured struct {
	Package Package
	Outcome Outcome
	// Err is why the outcome is unknown.
	Err error
}

// Patience bounds how long a first publish is waited for: REST lags behind
// the registry.
type Patience struct {
	Tries int
	Wait  time.Duration // before the second try; doubles
	Sleep func(context.Context, time.Duration) error
}

// Ensure reads the package until it is there, compares its visibility with
// the wanted one ("" or "keep" for any), asks for a change where it differs,
// and reads again. It never fails: what could not be read is Unknown.
func (c *Client) Ensure(ctx context.Context, owner Owner, name, want string, created bool, p Patience) Ensured {
	pkg, err := c.await(ctx, owner, name, p)
	switch {
	case err != nil:
		return Ensured{Package: Package{Owner: pkg.Owner, Name: name}, Outcome: Unknown, Err: err}
	case want == "" || want == "keep":
		return Ensured{Package: pkg, Outcome: Kept}
	case pkg.Visibility == want && created:
		return Ensured{Package: pkg, Outcome: Inherited}
	case pkg.Visibility == want:
		return Ensured{Package: pkg, Outcome: Already}
	}
	askErr := c.AskVisibility(ctx, pkg.Owner, name, want)
	again, err := c.Get(ctx, pkg.Owner, name)
	switch {
	case err != nil:
		return Ensured{Package: pkg, Outcome: Unknown, Err: errors.Join(askErr, err)}
	case again.Visibility == want:
		return Ensured{Package: again, Outcome: Changed}
	}
	return Ensured{Package: again, Outcome: NeedsOwner, Err: askErr}
}

// Holds reports whether a package that was read has the wanted visibility
// ("" or "keep" for any), and the outcome that says so.
func (p Package) Holds(want string) (Ensured, bool) {
	switch want {
	case "", "keep":
		return Ensured{Package: p, Outcome: Kept}, true
	case p.Visibility:
		return Ensured{Package: p, Outcome: Already}, true
	}
	return Ensured{}, false
}

// await reads the package, waiting for one that was created just now.
func (c *Client) await(ctx context.Context, owner Owner, name string, p Patience) (Package, error) {
	wait := p.Wait
	for try := 1; ; try++ {
		pkg, err := c.Get(ctx, owner, name)
		again := IsAbsent(err) && try < p.Tries
		if !again {
			return pkg, err
		}
		if err := p.Sleep(ctx, wait); err != nil {
			return pkg, err
		}
		wait *= 2
	}
}
