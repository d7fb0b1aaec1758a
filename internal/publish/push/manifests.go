package push

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/plan"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
)

// maxConcurrentWrites is the maximum number of manifests that the run writes
// concurrently. ghcr.io limits the writes per minute (docs/ghcr.md, Refused: too many
// requests).
const maxConcurrentWrites = 16

// maxResends is the maximum number of times that the run uploads the missing blobs of
// a refused manifest again (docs/ghcr.md, Refused: blob of a manifest; docs/ghcr.md,
// Refused: unknown blob).
const maxResends = 3

// resendWait is the time that the run waits before it sends missing blobs again.
// During this wait, the registry can become consistent. The wait before the n-th
// resend is n times as long.
const resendWait = 250 * time.Millisecond

// manifests writes all manifests by digest. The run writes the children of an index
// before the index, because a registry refuses an index without its children. The run also
// writes the subject of a manifest before the manifest. A registry must accept a manifest
// whose subject does not exist (distribution-spec, "Pushing Manifests with Subject"), but
// some registries refuse it. If the plan
// writes the root only under its single tag, the function "manifests" does not write the
// root.
//
// The function "manifests" finds the tags that must not move while it writes the last
// level. The run thus reads the tags at the end of the uploads, but does not wait for
// this read. If the parameter "sent" is false, no blob of the run was uploaded, and the
// tags need no second read.
func (w *Work) manifests(ctx context.Context, sent bool) (Recheck, error) {
	for _, m := range image.Manifests(w.plan.Root) {
		if err := m.Finish(); err != nil {
			return Recheck{}, err
		}
	}
	levels := w.levels()
	for _, level := range levels[:len(levels)-1] {
		if err := w.level(ctx, level); err != nil {
			return Recheck{}, err
		}
	}
	var (
		second   Recheck
		conflict error
		reading  sync.WaitGroup
	)
	// A conflict does not cancel the writes, so that the result counts each manifest.
	if sent {
		reading.Go(func() { second, conflict = w.Conflicts.Recheck(ctx) })
	}
	err := w.level(ctx, levels[len(levels)-1])
	reading.Wait()
	return second, cmp.Or(err, conflict)
}

// levels returns the necessary manifests in one list per height. If no manifest is
// necessary, the result contains one empty list. A manifest without a subject in the same
// tree, such as an image and its index, needs no additional level.
func (w *Work) levels() [][]plan.Step {
	heights := newHeights(w.plan.Root)
	byHeight := make([][]plan.Step, len(heights.byDigest)+1)
	for _, s := range w.plan.Of(plan.PushManifest) {
		if h := heights.of(s.Manifest); s.Needed {
			byHeight[h] = append(byHeight[h], s)
		}
	}
	out := slices.DeleteFunc(byHeight, func(level []plan.Step) bool { return len(level) == 0 })
	if len(out) == 0 {
		return [][]plan.Step{nil}
	}
	return out
}

// level writes manifests concurrently.
func (w *Work) level(ctx context.Context, steps []plan.Step) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(maxConcurrentWrites)
	for _, s := range steps {
		group.Go(func() error { return w.put(ctx, s) })
	}
	return group.Wait()
}

// put writes one manifest by its digest.
func (w *Work) put(ctx context.Context, s plan.Step) error {
	repo := w.plan.Targets[s.Target].Repo
	ref := repo.Digest(s.Manifest.Descriptor.Digest.String())
	err := w.writeManifest(ctx, s, func() error { return w.Registry.PutManifest(ctx, ref, s.Manifest) })
	if err != nil {
		return fmt.Errorf("pushing manifest %q: %w", ref, err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.Result.Targets[s.Target].Manifests++
	if s.Manifest == w.plan.Root {
		w.Result.Targets[s.Target].Complete = true
	}
	return nil
}

// writeManifest writes a manifest. If the registry reports missing blobs,
// writeManifest uploads these blobs again and repeats the write. A registry can report
// a blob as missing directly after its upload.
func (w *Work) writeManifest(ctx context.Context, s plan.Step, write func() error) error {
	for try := 1; ; try++ {
		err := write()
		var refusal *registry.Error
		if err == nil || !errors.As(err, &refusal) || try > maxResends {
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

// resend uploads the missing blobs and children of a manifest again. If the registry
// reports a missing blob without its digest ("unknown blob"), the parameter "missing"
// contains "".
func (w *Work) resend(ctx context.Context, s plan.Step, missing []string, try int) error {
	if err := w.Sleep.Wait(ctx, time.Duration(try)*resendWait); err != nil {
		return err
	}
	for _, b := range s.Manifest.Blobs {
		named := slices.Contains(missing, b.Descriptor.Digest.String())
		if b.Foreign || !named && !slices.Contains(missing, "") {
			continue
		}
		if err := w.resendBlob(ctx, s.Target, b, try == 1 || slices.Contains(missing, "")); err != nil {
			return err
		}
	}
	for _, c := range s.Manifest.Children {
		if c.Unread() || !slices.Contains(missing, c.Descriptor.Digest.String()) {
			continue
		}
		if err := w.put(ctx, plan.Step{Kind: plan.PushManifest, Target: s.Target, Manifest: c}); err != nil {
			return err
		}
	}
	return nil
}

// resendBlob uploads a blob again. If the argument "unlessPresent" is true, resendBlob
// uploads the blob only if the registry does not have the blob. If the registry reports
// the blob as missing again after it reported that the blob exists, the caller sets
// unlessPresent to false.
func (w *Work) resendBlob(ctx context.Context, target int, b *image.Blob, unlessPresent bool) error {
	exists, err := w.Registry.HasBlob(ctx, w.plan.Targets[target].Repo, b.Descriptor.Digest)
	if err != nil || exists && unlessPresent {
		return err
	}
	_, _, err = w.send(ctx, nil, target, b)
	return err
}
