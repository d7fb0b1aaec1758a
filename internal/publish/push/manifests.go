package push

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/plan"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
)

// writes is how many manifests are written at a time; ghcr.io counts writes
// by the minute (docs/ghcr.md, Refused: too many requests).
const writes = 16

// heals is how often a manifest that was refused for a missing blob is tried
// again after that blob was sent again (docs/ghcr.md, Refused: blob of a
// manifest; docs/ghcr.md, Refused: unknown blob).
const heals = 3

// healWait is how long the registry's stores get to agree before the first of
// them; later ones wait longer.
const healWait = 250 * time.Millisecond

// manifests writes all manifests by digest, level by level from the leaves:
// a registry refuses an index whose children it lacks. In the root's place
// there may be no step, when its one tag is its only write.
func (w *work) manifests(ctx context.Context) error {
	for _, m := range image.Manifests(w.plan.Root) {
		if err := m.Settle(); err != nil {
			return err
		}
	}
	levels := map[int][]plan.Step{}
	for _, s := range w.plan.Of(plan.PushManifest) {
		if s.Needed {
			h := height(s.Manifest)
			levels[h] = append(levels[h], s)
		}
	}
	for h := 0; h <= height(w.plan.Root); h++ {
		group, ctx := errgroup.WithContext(ctx)
		group.SetLimit(writes)
		for _, s := range levels[h] {
			group.Go(func() error { return w.put(ctx, s) })
		}
		if err := group.Wait(); err != nil {
			return err
		}
	}
	return nil
}

func height(m *image.Manifest) int {
	h := 0
	for _, c := range m.Children {
		h = max(h, 1+height(c))
	}
	return h
}

// put writes one manifest by its digest.
func (w *work) put(ctx context.Context, s plan.Step) error {
	repo := w.plan.Targets[s.Target].Repo
	ref := repo.Digest(s.Manifest.Descriptor.Digest.String())
	err := w.heal(ctx, s, func() error { return w.Registry.PutManifest(ctx, ref, s.Manifest) })
	if err != nil {
		return fmt.Errorf("pushing manifest %q: %w", ref, err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.result.Targets[s.Target].Manifests++
	if s.Manifest == w.plan.Root {
		w.result.Targets[s.Target].Complete = true
	}
	return nil
}

// heal repeats a manifest write after sending again what the registry says it
// lacks: seen right after a push, when its stores do not agree yet.
func (w *work) heal(ctx context.Context, s plan.Step, write func() error) error {
	for try := 1; ; try++ {
		err := write()
		var refusal *registry.Error
		if err == nil || !errors.As(err, &refusal) || try > heals {
			return err
		}
		missing := refusal.Missing()
		if len(missing) == 0 {
			return err
		}
		if err := w.resend(ctx, s, missing, try); err != nil {
			return err
		}
	}
}

// resend sends the named blobs and children of a manifest again; where the
// registry did not name any ("unknown blob"), those it denies having. The
// second time it is not asked: it said that it has what it then missed.
func (w *work) resend(ctx context.Context, s plan.Step, missing []string, try int) error {
	if err := w.pause(ctx, time.Duration(try)*healWait); err != nil {
		return err
	}
	repo := w.plan.Targets[s.Target].Repo
	for _, b := range s.Manifest.Blobs {
		digest := b.Descriptor.Digest
		if b.Foreign || (!slices.Contains(missing, digest.String()) && !slices.Contains(missing, "")) {
			continue
		}
		there, err := w.Registry.HasBlob(ctx, repo, digest)
		if err != nil {
			return err
		}
		if there && (try == 1 || slices.Contains(missing, "")) {
			continue
		}
		if _, _, err := w.send(ctx, s.Target, b); err != nil {
			return err
		}
	}
	for _, c := range s.Manifest.Children {
		if slices.Contains(missing, c.Descriptor.Digest.String()) {
			if err := w.put(ctx, plan.Step{Kind: plan.PushManifest, Target: s.Target, Manifest: c}); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p *Publisher) pause(ctx context.Context, d time.Duration) error { return p.Sleep.Wait(ctx, d) }
