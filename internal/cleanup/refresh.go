package cleanup

import (
	"context"
	"slices"

	"github.com/ghcr-publish/ghcr-publish/internal/cleanup/graph"
	"github.com/ghcr-publish/ghcr-publish/internal/cleanup/plan"
	"github.com/ghcr-publish/ghcr-publish/internal/cleanup/read"
	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/github"
)

// refresh lists the newest versions again, and adapts the plan to new versions and to
// versions whose tags changed. If the rate limit of the token is used up, refresh returns the
// error of GitHub without an explanation, because then the run only stops.
func (r *run) refresh(ctx context.Context) error {
	var newest []github.Version
	err := r.send(ctx, func() (err error) { newest, err = r.versions.Newest(ctx); return err })
	if github.ReasonOf(err) == github.RateLimited {
		return err
	}
	if err != nil {
		return r.explain(err)
	}
	unknown := r.compare(newest)
	tagged, err := r.compareTags(ctx)
	if err != nil {
		return err
	}
	unknown = append(unknown, tagged...)
	if len(newest) < github.PageSize { // the list is complete
		r.findRemoved(newest)
	}
	if err := r.reader.Fresh(ctx, r.state, unknown); err != nil {
		return err
	}
	if r.state.Unreadable != "" {
		hint := "Run the step again. The run deletes nothing more in this package."
		return diag.New(plan.CodeUnreadable, diag.Registry, hint, r.state.Cause, "the program cannot read the new manifest %s of %s", r.state.Unreadable, r.req.Repo)
	}
	r.replan()
	return nil
}

// compare marks the listed versions that changed since the last list, and returns the
// digests of the versions that were not listed before.
func (r *run) compare(newest []github.Version) (unknown []string) {
	for _, v := range newest {
		old, ok := r.known[v.Digest]
		same := ok && old.ID == v.ID
		delete(r.removed, v.Digest) // An earlier list was out of date.
		switch {
		case r.replaced[v.Digest] || same && r.done[v.Digest]:
			continue // the list is older than the deletion
		case same && (sameTags(old.Tags, v.Tags) || sameTags(r.attached(old.Tags), v.Tags)):
			continue
		case same:
			r.now.Changed[v.Digest] = true
		default:
			unknown = append(unknown, v.Digest)
			if ok { // another client pushed the manifest again
				delete(r.done, v.Digest)
				r.now.Changed[v.Digest] = true
			}
		}
		r.known[v.Digest] = read.Version(v)
	}
	return unknown
}

// compareTags adds the tags that only the registry lists, and returns the digests that no list
// of versions contained. GitHub's API can list a version some seconds after its tag.
func (r *run) compareTags(ctx context.Context) (unknown []string, err error) {
	known := map[string]bool{}
	for _, v := range r.known {
		for _, tag := range v.Tags {
			known[tag] = true
		}
	}
	tags, err := r.reader.NewTags(ctx, func(tag string) bool { return known[tag] })
	if err != nil {
		return nil, err
	}
	for tag, digest := range tags {
		if r.replaced[digest] {
			continue
		}
		v, ok := r.known[digest]
		if !ok {
			v.Digest, unknown = digest, append(unknown, digest)
		}
		v.Tags = append(slices.Clone(v.Tags), tag)
		r.known[digest] = v
		r.now.Changed[digest] = true
		delete(r.done, digest) // If this run deleted the version, another client pushed it again.
		delete(r.removed, digest)
	}
	return unknown, nil
}

// findRemoved marks the versions that are not in a complete list. The id 0 belongs to a
// version that only the registry lists.
func (r *run) findRemoved(all []github.Version) {
	listed := map[string]bool{}
	for _, v := range all {
		listed[v.Digest] = true
	}
	for digest, v := range r.known {
		if !listed[digest] && v.ID != 0 && !r.done[digest] && !r.lostWithIndex(digest) {
			r.removed[digest] = true
		}
	}
}

// attached returns the tags without the tags that this run detached.
func (r *run) attached(tags []string) []string {
	return slices.DeleteFunc(slices.Clone(tags), func(tag string) bool { return r.detached[tag] })
}

func sameTags(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

// replan applies the selection to the versions that are known now. A version that the plan
// keeps stays in the graph even if a list does not contain it, because the list can be older
// than the version. The version then still protects its children.
func (r *run) replan() {
	gone := map[string]bool{}
	for digest := range r.removed {
		gone[digest] = r.planned[digest]
	}
	r.replanWithout(gone)
}

// replanWithout applies the selection to the known versions, except the versions that are gone.
func (r *run) replanWithout(gone map[string]bool) {
	var list []graph.Version
	for _, v := range r.known {
		if !gone[v.Digest] {
			list = append(list, v)
		}
	}
	r.now.Package = graph.New(list, r.state.Manifest)
	r.current = r.first.Again(r.now)
}
