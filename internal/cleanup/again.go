package cleanup

import (
	"context"

	"github.com/ghcr-publish/ghcr-publish/internal/cleanup/graph"
	"github.com/ghcr-publish/ghcr-publish/internal/cleanup/plan"
	"github.com/ghcr-publish/ghcr-publish/internal/github"
)

// usedAgain reads a version immediately before its deletion, and adapts the plan if another
// job used the version since the listing. The lists of the run do not show this use: a tag
// that another job points at an old version changes neither the newest versions nor the tags
// that the run knows. GitHub has no conditional deletion, so a tag that moves to the version
// after this read is lost.
func (r *run) usedAgain(ctx context.Context, n *graph.Node) (bool, error) {
	var now github.Version
	err := r.send(ctx, func() (err error) { now, err = r.versions.Get(ctx, n.ID); return err })
	if err != nil || sameTags(now.Tags, n.Tags) && !now.Updated.After(n.Updated) {
		return false, err
	}
	r.now.Changed[n.Digest] = true
	r.replan()
	return true, nil
}

// confirmLast reads the images that stay because a package keeps a tagged image. The lists can
// still contain a version that an earlier run deleted some seconds ago. Another image must
// then stay.
func (r *run) confirmLast(ctx context.Context) error {
	confirmed := map[string]bool{}
	for n := r.lastOne(confirmed); n != nil; n = r.lastOne(confirmed) {
		confirmed[n.Digest] = true
		err := r.send(ctx, func() error { _, err := r.versions.Get(ctx, n.ID); return err })
		switch github.ReasonOf(err) {
		case "":
		case github.Gone:
			r.removed[n.Digest], r.planned[n.Digest] = true, true
			r.replan()
		case github.RateLimited:
			return err
		default:
			return r.explain(err)
		}
	}
	return nil
}

// lastOne returns a version that stays as the last tagged image and is not confirmed, or nil.
// The first plan also contains the reason, because a later plan does not select the version
// again. A version that only the registry lists has no id, and is not a stale entry of the API.
func (r *run) lastOne(confirmed map[string]bool) *graph.Node {
	for _, p := range []*plan.Plan{r.first, r.current} {
		for _, step := range p.Keep {
			n := &p.Package.Nodes[step.Node]
			if step.Why.Kind == plan.LastOne && n.ID != 0 && !confirmed[n.Digest] {
				return n
			}
		}
	}
	return nil
}
