package cleanup

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/ghcr-publish/ghcr-publish/internal/cleanup/graph"
	"github.com/ghcr-publish/ghcr-publish/internal/cleanup/plan"
	"github.com/ghcr-publish/ghcr-publish/internal/cleanup/read"
	"github.com/ghcr-publish/ghcr-publish/internal/github"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
)

const (
	// listEvery is the number of deletions after which the run lists the newest versions
	// again.
	listEvery = 50
	// requestsPerVersion is the number of API requests for one deletion: a read of the
	// version and the deletion.
	requestsPerVersion = 2
	// reserve is the number of API requests that the run keeps for the proof.
	reserve = 10
	// endMargin is the time before the deadline at which the run stops to delete.
	endMargin = 20 * time.Second
)

// run is the state of the deletions of one package.
type run struct {
	*Cleaner

	req      Request
	versions *github.Versions
	reader   *read.Reader
	state    *read.State
	first    *plan.Plan
	out      *Result

	now     plan.Now
	current *plan.Plan
	done    map[string]bool          // the digests that this run deleted
	removed map[string]bool          // the digests that another run deleted
	planned map[string]bool          // the digests that the first plan deletes
	known   map[string]graph.Version // digest → version
	// detached contains the tags that this run detached.
	detached map[string]bool
	// replaced contains the digests of the manifests that hide a detached tag for a moment.
	replaced map[string]bool
}

// errStop ends the deletions without an error.
var errStop = errors.New("the run stops")

// versions returns the API of a package.
func (c *Cleaner) versions(ctx context.Context, repo name.Repository) (*github.Versions, error) {
	owner, pkg, _ := strings.Cut(repo.RepositoryStr(), "/")
	return c.GitHub.Versions(ctx, github.Owner{Login: owner}, pkg)
}

// execute deletes and detaches, and proves the result.
func (r *run) execute(ctx context.Context) error {
	r.done, r.removed, r.replaced = map[string]bool{}, map[string]bool{}, map[string]bool{}
	r.detached = map[string]bool{}
	r.now = plan.Now{Changed: map[string]bool{}, Refused: map[string]bool{}}
	r.known = map[string]graph.Version{}
	for _, v := range r.state.Versions {
		r.known[v.Digest] = v
	}
	for digest := range r.state.Unlisted {
		r.now.Changed[digest] = true
	}
	r.current, r.planned = r.first, map[string]bool{}
	for _, digest := range r.first.Digests(r.first.Delete) {
		r.planned[digest] = true
	}
	err := r.deleteAll(ctx)
	if err == nil {
		err = r.detachAll(ctx)
	}
	if errors.Is(err, errStop) {
		err = nil
	}
	err = errors.Join(err, r.settle(context.WithoutCancel(ctx)))
	r.finish()
	return err
}

// finish fills the result from the state at the end.
func (r *run) finish() {
	if len(r.removed) > 0 {
		r.replanWithout(r.removed)
	}
	r.out.Left = append(slices.Clone(r.current.Left), r.out.Left...)
	r.out.Left = dedupe(r.out.Left)
	r.out.Kept = nil
	for i := range r.current.Package.Nodes {
		if digest := r.current.Package.Nodes[i].Digest; !r.done[digest] {
			r.out.Kept = append(r.out.Kept, digest)
		}
	}
	r.out.Freed = r.current.FreedBy(func(digest string) bool { return r.done[digest] })
}

func dedupe(list []plan.Left) []plan.Left {
	seen := map[plan.Left]bool{}
	return slices.DeleteFunc(list, func(l plan.Left) bool {
		twice := seen[l]
		seen[l] = true
		return twice
	})
}

// lostWithIndex reports whether this run deleted an index that lists the version. GitHub
// possibly deletes such a version together with its index.
func (r *run) lostWithIndex(digest string) bool {
	nodes := r.current.Package.Nodes
	i := r.current.Package.Find(digest)
	return i >= 0 && slices.ContainsFunc(nodes[i].Parents, func(j int) bool { return r.done[nodes[j].Digest] })
}

// deleteAll deletes the versions of the current plan in its order. A refusal or a change
// by another run can make the plan smaller.
func (r *run) deleteAll(ctx context.Context) error {
	for count := 0; ; count++ {
		if err := r.lookAgain(ctx, count); err != nil {
			return err
		}
		steps := r.remaining()
		if len(steps) == 0 {
			return nil
		}
		if err := r.enough(ctx, steps); err != nil {
			return err
		}
		if err := r.deleteNext(ctx, steps); err != nil {
			return err
		}
	}
}

// lookAgain lists the newest versions before the first deletion, and again after a number of
// deletions. If the rate limit of the token is used up, lookAgain stops the run.
func (r *run) lookAgain(ctx context.Context, count int) error {
	if count%listEvery != 0 {
		return nil
	}
	err := r.refresh(ctx)
	if err == nil && count == 0 {
		err = r.confirmLast(ctx)
	}
	if github.ReasonOf(err) == github.RateLimited {
		return r.stop(r.remaining(), usedUp)
	}
	return err
}

// remaining returns the deletions of the current plan that the run has not done.
func (r *run) remaining() []plan.Step {
	return slices.DeleteFunc(slices.Clone(r.current.Delete), func(s plan.Step) bool {
		return r.done[r.current.Package.Nodes[s.Node].Digest]
	})
}

// enough stops the run before an image that does not fit into the time or the rate limit,
// so that the run deletes only complete images.
func (r *run) enough(ctx context.Context, steps []plan.Step) error {
	image := 1
	for image < len(steps) && steps[image].Why.Kind != plan.Selected {
		image++
	}
	why := outOfTime(ctx)
	if steps[0].Why.Kind == plan.Selected {
		why = cmp.Or(why, r.outOfRequests(requestsPerVersion*image))
	}
	if why != "" {
		return r.stop(steps, why)
	}
	return nil
}

// stop records the remaining deletions and ends the run without an error.
func (r *run) stop(steps []plan.Step, why string) error {
	for _, s := range steps {
		r.out.Left = append(r.out.Left, plan.Left{Digest: r.current.Package.Nodes[s.Node].Digest, Cause: plan.Budget})
	}
	r.out.Notices = append(r.out.Notices, fmt.Sprintf("%d versions stay, because %s. The next run continues.", len(steps), why))
	return errStop
}

// deleteNext deletes the first of the remaining versions.
func (r *run) deleteNext(ctx context.Context, steps []plan.Step) error {
	n := &r.current.Package.Nodes[steps[0].Node]
	if moved, err := r.moved(ctx, n); err != nil || moved {
		if moved {
			r.now.Changed[n.Digest] = true
			r.replan()
		}
		return err
	}
	entry, err := r.entry(ctx, n)
	if err != nil {
		return err
	}
	if r.endsPackage(n, steps) {
		return r.deletePackage(ctx, n, entry, steps)
	}
	if again, err := r.usedAgain(ctx, n); err != nil {
		return r.deleted(n, entry, steps, err)
	} else if again {
		return nil
	}
	if err := r.Undo.Add(entry); err != nil {
		return err
	}
	err = r.send(ctx, func() error { return r.versions.Delete(ctx, n.ID) })
	if github.ReasonOf(err) == github.Gone {
		err = nil // The version existed a moment ago. The response to an earlier attempt was lost.
	}
	return r.deleted(n, entry, steps, err)
}

// moved reports whether a tag of a version points elsewhere by now.
func (r *run) moved(ctx context.Context, n *graph.Node) (bool, error) {
	for _, tag := range n.Tags {
		digest, err := r.reader.Digest(ctx, tag)
		if err != nil {
			return false, err
		}
		if digest != "" && digest != n.Digest {
			return true, nil
		}
	}
	return false, nil
}

// entry returns the undo entry of a version, with the bytes of its manifest.
func (r *run) entry(ctx context.Context, n *graph.Node) (Entry, error) {
	e := Entry{Package: r.req.Repo.Name(), ID: n.ID, Digest: n.Digest, Tags: n.Tags}
	desc, raw, err := r.Registry.Manifest(ctx, r.req.Repo.Digest(n.Digest))
	if registry.IsNotFound(err) {
		return e, nil
	}
	if err != nil {
		return e, fmt.Errorf("reading the manifest %q: %w", n.Digest, err)
	}
	e.MediaType, e.Size, e.Manifest = string(desc.MediaType), desc.Size, raw
	return e, nil
}

// send sends requests, and waits for the end of a rate limit if the time of the run permits
// it.
func (c *Cleaner) send(ctx context.Context, request func() error) error {
	for {
		err := request()
		var refused *github.RefusedError
		if !errors.As(err, &refused) || refused.Reason != github.RateLimited {
			return err
		}
		if end, ok := ctx.Deadline(); ok && time.Until(end) < refused.Wait+endMargin {
			return err
		}
		if c.Sleep.Wait(ctx, refused.Wait) != nil {
			return err
		}
	}
}

// deleted handles the response to a deletion, or to the read of the version before the
// deletion.
func (r *run) deleted(n *graph.Node, entry Entry, steps []plan.Step, err error) error {
	switch github.ReasonOf(err) {
	case "":
		r.done[n.Digest] = true
		r.out.Deleted = append(r.out.Deleted, entry)
		return nil
	case github.Gone:
		if r.lostWithIndex(n.Digest) {
			r.done[n.Digest] = true // GitHub deleted the version together with its index
			r.out.Deleted = append(r.out.Deleted, entry)
			return nil
		}
		r.removed[n.Digest] = true // another run deleted the version
	case github.ManyDownloads:
		r.now.Refused[n.Digest] = true
	case github.LastTagged:
		r.out.Left = append(r.out.Left, plan.Left{Digest: n.Digest, Cause: plan.LastTagged})
		r.now.Changed[n.Digest] = true
	case github.RateLimited:
		return r.stop(steps, usedUp)
	default:
		return r.explain(err)
	}
	r.replan()
	return nil
}
