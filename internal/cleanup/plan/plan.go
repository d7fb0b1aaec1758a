// Package plan decides which versions of a package go and which stay. The planner is
// pure: it sends no requests, it reads no clock, and nothing in it is random. The order in
// which GitHub lists the versions does not change a plan.
//
// The planner starts from the images that stay. It keeps everything that they need, and
// deletes only the rest of what the rules select.
package plan

import (
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/cleanup/graph"
	"github.com/ghcr-publish/ghcr-publish/internal/cleanup/rules"
)

// Facts are the facts outside the package that a decision needs.
type Facts struct {
	// Repository is the name with its registry, such as ghcr.io/acme/web.
	Repository string
	Now        time.Time
	Event      Event
	// Closed contains the numbers of the closed pull requests, as the tags write them.
	Closed map[string]bool
	// Branches are the branches that exist.
	Branches []string
	// Unreadable are the digests of the manifests that cannot be read.
	Unreadable []string
	// KeepUnreadable means that the run skips a package with an unreadable manifest.
	KeepUnreadable bool
}

// Event is the event of the workflow. It selects images if no rule is set.
type Event struct {
	// ClosedPull is the number of the closed pull request, or "".
	ClosedPull string
	// DeletedBranch is the name of the deleted branch, or "".
	DeletedBranch string
}

// Plan is the decision about each version of one package.
type Plan struct {
	Package *graph.Package
	// Delete lists each version before its children and its referrers.
	Delete []Step
	Keep   []Step
	Detach []Detachment
	Left   []Left
	// Images is the number of images of the package, and Count is the number of images
	// that the plan deletes, plus the detached tags.
	Images, Count int
	// Freed is the size of the layers that no remaining manifest names, in bytes.
	Freed int64

	selection selection
	empty     bool // the last tagged image may go
	detach    bool
}

// Step is one version and the reason of the decision about it.
type Step struct {
	Node int
	Why  Reason
}

// Detachment is a tag that leaves an image that stays.
type Detachment struct {
	Tag  string
	Node int
	Why  Reason
}

// Left is a version or a tag that a rule selects but that stays.
type Left struct {
	// Digest is the version, and Tag is the tag if only the tag is selected.
	Digest, Tag string
	Cause       Cause
}

// Cause says why something that a rule selects stays.
type Cause string

// Something that a rule selects stays for one of these causes.
const (
	LastTagged Cause = "last-tagged" // GitHub keeps the last tagged version of a package.
	Downloads  Cause = "downloads"   // GitHub keeps public versions with many downloads.
	Changed    Cause = "changed"     // Another run changed the version since the listing.
	Shared     Cause = "shared"      // Another tag of the image stays, and detach is false.
	Unreadable Cause = "unreadable"  // A manifest of the package cannot be read.
	Budget     Cause = "budget"      // The time or the rate limit of the run is used up.
)

// Make computes the plan of one package.
func Make(p *graph.Package, r *rules.Rules, f Facts) (*Plan, error) {
	s, err := choose(p, r, f)
	if err != nil {
		return nil, err
	}
	if err := readable(p, f); err != nil {
		return nil, err
	}
	s.chooseRoots(p, r, f)
	out := &Plan{Package: p, selection: s, empty: r.Empty, detach: r.Detach, Images: p.Images()}
	out.settle(s)
	if err := out.check(r.MaxDelete); err != nil {
		return nil, err
	}
	return out, nil
}

// Digests returns the digests of steps, in their order.
func (p *Plan) Digests(steps []Step) []string {
	out := make([]string, len(steps))
	for i, step := range steps {
		out[i] = p.Package.Nodes[step.Node].Digest
	}
	return out
}
