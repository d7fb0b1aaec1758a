package cleanup

import (
	"context"

	"github.com/ghcr-publish/ghcr-publish/internal/cleanup/graph"
	"github.com/ghcr-publish/ghcr-publish/internal/cleanup/plan"
	"github.com/ghcr-publish/ghcr-publish/internal/github"
)

// deletesPackage reports whether the plan leaves nothing in the package.
func (r *run) deletesPackage() bool {
	return len(r.current.Delete) == len(r.current.Package.Nodes) && len(r.removed) == 0
}

// endsPackage reports whether the run deletes the package instead of the first of the
// remaining versions. GitHub deletes the last tagged version only together with its package.
func (r *run) endsPackage(n *graph.Node, steps []plan.Step) bool {
	if !r.deletesPackage() {
		return false
	}
	for _, s := range steps[1:] {
		if len(r.current.Package.Nodes[s.Node].Tags) > 0 {
			return false
		}
	}
	return len(steps) == 1 || len(n.Tags) > 0
}

// deletePackage deletes the package with the remaining versions. The run lists the newest
// versions before the deletion, because the deletion would also delete a version that was
// pushed since. The entry that restores the package is the last entry of the undo list, so
// an undo restores the package first.
func (r *run) deletePackage(ctx context.Context, n *graph.Node, last Entry, steps []plan.Step) error {
	entries, err := r.entries(ctx, steps[1:])
	if err != nil {
		return err
	}
	err = r.refresh(ctx)
	if github.ReasonOf(err) == github.RateLimited {
		return r.stop(r.remaining(), usedUp)
	}
	if err != nil || !r.deletesPackage() {
		return err
	}
	last.WholePackage = true
	for _, e := range append(entries, last) {
		if err := r.Undo.Add(e); err != nil {
			return err
		}
	}
	err = r.send(ctx, func() error { return r.versions.DeletePackage(ctx) })
	if github.ReasonOf(err) == github.Gone {
		err = nil // The package existed a moment ago. The response to an earlier attempt was lost.
	}
	if err == nil {
		for _, e := range entries {
			r.done[e.Digest] = true
		}
		r.out.Deleted = append(r.out.Deleted, entries...)
	}
	return r.deleted(n, last, steps, err)
}

// entries returns the undo entries of steps.
func (r *run) entries(ctx context.Context, steps []plan.Step) ([]Entry, error) {
	var out []Entry
	for _, s := range steps {
		e, err := r.entry(ctx, &r.current.Package.Nodes[s.Node])
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}
