package cleanup

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/github"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
)

const (
	// proofTime limits the proof, which also runs after the deadline of the run.
	proofTime = 2 * time.Minute
	// maxConcurrent limits the concurrent requests of the proof.
	maxConcurrent = 16
)

// settle restores deleted versions that a new version needs, and proves the result. A
// publication in another job can use a version again while the run deletes it.
func (r *run) settle(ctx context.Context) error {
	if len(r.done) == 0 || r.packageGone() {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, proofTime)
	defer cancel()
	err := r.refresh(ctx)
	if github.ReasonOf(err) == github.RateLimited {
		return r.unproved()
	}
	if err != nil {
		return err
	}
	needed := map[string]bool{}
	for _, step := range r.current.Keep {
		if digest := r.current.Package.Nodes[step.Node].Digest; r.done[digest] {
			needed[digest] = true
		}
	}
	if err := r.takeBack(ctx, needed); err != nil {
		return err
	}
	return r.prove(ctx)
}

// takeBack restores versions that this run deleted.
func (r *run) takeBack(ctx context.Context, needed map[string]bool) error {
	if len(needed) == 0 {
		return nil
	}
	var entries, rest []Entry
	for _, e := range r.out.Deleted {
		if needed[e.Digest] {
			entries = append(entries, e)
			delete(r.done, e.Digest)
		} else {
			rest = append(rest, e)
		}
	}
	r.out.Deleted = rest
	r.out.Notices = append(r.out.Notices, fmt.Sprintf("%d versions came back, because an image that was published during the run needs them.", len(entries)))
	_, err := r.Restore(ctx, r.req.Repo, entries)
	return err
}

// prove checks that each version that stays still exists, and restores a version that is
// missing. A restored version makes the run fail, because it means that GitHub deleted more
// than the run requested.
func (r *run) prove(ctx context.Context) error {
	if r.req.Verify == VerifyNone {
		return nil
	}
	lost, err := r.lost(ctx)
	if github.ReasonOf(err) == github.RateLimited {
		return r.unproved()
	}
	if err != nil {
		return fmt.Errorf("checking the versions that stay: %w", err)
	}
	if len(lost) == 0 {
		return nil
	}
	return r.restoreLost(ctx, lost)
}

// unproved reports that the run could not check its result.
func (r *run) unproved() error {
	r.out.Notices = append(r.out.Notices, "The run did not check its result, because "+usedUp+".")
	return nil
}

// packageGone reports whether the run deleted the package.
func (r *run) packageGone() bool {
	return slices.ContainsFunc(r.out.Deleted, func(e Entry) bool { return e.WholePackage })
}

// lost returns the positions of versions that stay but that the registry does not have. The
// complete proof reads each version near a deleted version, so it needs no list: the list of
// a large package has many pages.
func (r *run) lost(ctx context.Context) ([]int, error) {
	listed := map[string]bool{}
	if r.req.Verify == VerifyTags {
		versions, err := r.versions.List(ctx)
		if err != nil {
			return nil, err
		}
		for _, v := range versions {
			listed[v.Digest] = true
		}
	}
	var suspects []int
	for i := range r.current.Package.Nodes {
		n := &r.current.Package.Nodes[i]
		if r.done[n.Digest] || n.ID == 0 || !r.nearDeleted(i) {
			continue // another client deleted a version that is missing far from the deletions
		}
		if !listed[n.Digest] {
			suspects = append(suspects, i)
		}
	}
	return r.absent(ctx, suspects)
}

// nearDeleted reports whether a version is connected to a deleted version.
func (r *run) nearDeleted(i int) bool {
	n := &r.current.Package.Nodes[i]
	near := slices.Concat(n.Children, n.Referrers, n.Parents)
	if n.Subject >= 0 {
		near = append(near, n.Subject)
	}
	return slices.ContainsFunc(near, func(j int) bool { return r.done[r.current.Package.Nodes[j].Digest] })
}

// absent returns the versions that the registry does not have.
func (r *run) absent(ctx context.Context, suspects []int) ([]int, error) {
	var mu sync.Mutex
	var out []int
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(maxConcurrent)
	for _, i := range suspects {
		group.Go(func() error {
			_, err := r.Registry.Head(ctx, r.req.Repo.Digest(r.current.Package.Nodes[i].Digest))
			if registry.IgnoreAbsent(err) != nil {
				return err
			}
			if registry.IsNotFound(err) {
				mu.Lock()
				out = append(out, i)
				mu.Unlock()
			}
			return nil
		})
	}
	err := group.Wait()
	slices.Sort(out)
	return out, err
}

// restoreLost restores the versions that are missing, children before their index. A version
// that another run deleted is not restorable by its id only, so a failure is in the error.
func (r *run) restoreLost(ctx context.Context, lost []int) error {
	order := r.current.Package.Order(lost)
	var names []string
	var problems []error
	for _, i := range slices.Backward(order) {
		n := &r.current.Package.Nodes[i]
		names = append(names, n.Digest)
		if err := r.versions.Restore(ctx, n.ID); err != nil {
			problems = append(problems, err)
			continue
		}
		if err := r.restoreTags(ctx, i); err != nil {
			problems = append(problems, err)
		}
	}
	hint := "The run restored these versions. Report this message at https://github.com/ghcr-publish/ghcr-publish/issues."
	if len(problems) > 0 {
		hint = "Restore the versions on the page of the package, or run the command with the undo list."
	}
	return diag.New(CodeLost, diag.API, hint, errors.Join(problems...), "%d versions that stay were missing after the deletions: %v", len(names), names)
}

// restoreTags points the tags of a restored version at it again.
func (r *run) restoreTags(ctx context.Context, i int) error {
	n := &r.current.Package.Nodes[i]
	if len(n.Tags) == 0 {
		return nil
	}
	entry, err := r.entry(ctx, n)
	if err != nil {
		return err
	}
	out := &Restored{}
	for _, tag := range n.Tags {
		if err := r.restoreTag(ctx, r.req.Repo, entry, tag, out); err != nil {
			return err
		}
	}
	return nil
}
