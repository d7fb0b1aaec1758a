package push

import (
	"context"
	"fmt"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/plan"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
)

// maxRewrites is the maximum number of times that a run writes a tag again. Two runs
// can regard their own image as the newer image. Without a limit, these runs would
// rewrite the tag again and again.
const maxRewrites = 3

// Recheck reads the tags again, because another run may have moved a tag since the end of
// [Upload]. The caller calls Recheck only if it waited before [Tag].
func (w *Work) Recheck(ctx context.Context) (err error) {
	w.second, err = w.Conflicts.Recheck(ctx)
	return err
}

// accept marks the tags that must not move, and records the digest at which each other tag
// points immediately before it moves. If no tag of a target may move, accept writes the root
// to the target by digest.
func (w *Work) accept(ctx context.Context, second Recheck) error {
	for i, t := range w.Result.Targets {
		t.refresh(second.Now)
		if t.keep(second.Kept) || t.Complete {
			continue
		}
		// The plan writes the root only under its single tag. If this tag must not
		// move, the run writes the root by its digest.
		if err := w.put(ctx, plan.Step{Kind: plan.PushManifest, Target: i, Manifest: w.plan.Root}); err != nil {
			return err
		}
	}
	return nil
}

// The method "keep" marks the tags that must not move, and reports whether at least one
// other tag may still move.
func (t *TargetResult) keep(kept plan.Kept) (remains bool) {
	for _, tag := range t.Tags {
		if kept[tag.Tag.String()] != "" {
			tag.State = Kept
		}
		remains = remains || tag.State != Kept
	}
	return remains
}

// refresh replaces the previous digests of the tags that another run has moved since the
// start of this run.
func (t *TargetResult) refresh(now map[string]v1.Hash) {
	for _, tag := range t.Tags {
		shown, read := now[tag.Tag.String()]
		if !read || tag.State != Untouched {
			continue
		}
		tag.Before, tag.New = &shown, false
		if shown == (v1.Hash{}) {
			tag.Before, tag.New = nil, true
		}
	}
}

// sent reports whether a blob was uploaded. If no image of a run uploaded a blob, the tags
// need no second check, because the run read the tags only a moment ago.
func (w *Work) sent() bool {
	for _, t := range w.Result.Targets {
		if t.Blobs[registry.Uploaded].Count > 0 {
			return true
		}
	}
	return false
}

// proveTag checks that a tag points at the root. If another run has moved the tag,
// proveTag resolves the conflict.
func (p *Publisher) proveTag(ctx context.Context, tag *TagResult, root *image.Manifest) error {
	rewrites := 0
	err := p.await(ctx, tag.Tag, root.Descriptor.Digest, func(shown v1.Hash) (bool, error) {
		stale := tag.Before != nil && *tag.Before == shown
		if stale || rewrites == maxRewrites {
			return false, nil
		}
		switch p.Conflicts.Resolve(ctx, tag.Tag, shown) {
		case KeepTheirs:
			tag.State = Kept
			return true, nil
		case RewriteOurs:
			rewrites++
			if err := p.Registry.PutManifest(ctx, tag.Tag, root); err != nil {
				return false, fmt.Errorf("tagging %q again: %w", tag.Tag, err)
			}
		case Unknown:
		}
		return false, nil
	})
	tag.Proven = err == nil && tag.State != Kept
	return err
}
