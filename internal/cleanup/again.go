package cleanup

import (
	"context"

	"github.com/ghcr-publish/ghcr-publish/internal/cleanup/graph"
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
