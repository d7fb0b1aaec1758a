package push

import (
	"context"
	"fmt"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/plan"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
)

// Verdict is who a tag belongs to that two runs wrote at the same time. The
// registry has no conditional write, so that the later one wins, whichever is
// newer (docs/ghcr.md, Manifests and tags).
type Verdict int

// The verdicts.
const (
	Dispute Verdict = iota // nobody can tell
	Yield                  // to the other run, which is newer
	Insist                 // ours is newer: write it again
)

// contests is how often a tag is written again. Of two runs that both insist,
// one is wrong about the order, and must come to an end.
const contests = 3

// lastLook finds tags that another run moved while blobs were on their way.
func (w *work) lastLook(ctx context.Context) error {
	if w.Last == nil || !w.sent() {
		return nil
	}
	held, err := w.Last(ctx)
	if err != nil {
		return err
	}
	for i, t := range w.result.Targets {
		left := 0
		for _, tag := range t.Tags {
			if held[tag.Tag.String()] != "" {
				tag.State = Held
			}
			if tag.State != Held {
				left++
			}
		}
		if left > 0 || t.Complete {
			continue
		}
		// The root was to be written under its one tag alone.
		if err := w.put(ctx, plan.Step{Kind: plan.PushManifest, Target: i, Manifest: w.plan.Root}); err != nil {
			return err
		}
	}
	return nil
}

func (w *work) sent() bool {
	for _, t := range w.result.Targets {
		if t.Blobs[registry.Uploaded].Count > 0 {
			return true
		}
	}
	return false
}

// hold proves that a tag shows what was written. Where another run moved it
// since, the newer of the two gets it.
func (p *Publisher) hold(ctx context.Context, tag *TagResult, root *image.Manifest) error {
	rounds := 0
	err := p.await(ctx, tag.Tag, root.Descriptor.Digest, func(shown v1.Hash) (bool, error) {
		stale := tag.Before != nil && *tag.Before == shown
		if stale || p.Contest == nil || rounds == contests {
			return false, nil
		}
		switch p.Contest(ctx, tag.Tag, shown) {
		case Yield:
			tag.State = Held
			return true, nil
		case Insist:
			rounds++
			if err := p.Registry.PutManifest(ctx, tag.Tag, root); err != nil {
				return false, fmt.Errorf("tagging %q again: %w", tag.Tag, err)
			}
		case Dispute:
		}
		return false, nil
	})
	tag.Proven = err == nil && tag.State != Held
	return err
}
