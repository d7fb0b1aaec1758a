package push

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/publish/plan"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
)

// tags points all tags in one flight. A cancel before it leaves every tag as
// it was; one during it lets the writes under way finish within the grace
// time and starts no other, so that no tag is reported as something it is not.
func (w *work) tags(ctx context.Context) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	writing, stop := graceful(ctx, w.Grace)
	defer stop()
	var (
		wg    sync.WaitGroup
		errs  = make([]error, len(w.plan.Steps))
		slots = make(chan struct{}, writes)
		index = map[int]int{} // the next tag of each target
	)
	for i, s := range w.plan.Of(plan.PointTag) {
		tag := w.result.Targets[s.Target].Tags[index[s.Target]]
		index[s.Target]++
		if !s.Needed || tag.State == Held {
			continue
		}
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			errs[i] = w.point(ctx, writing, s, tag)
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// point moves one tag. Where it is the root's only write, missing blobs are
// healed here.
func (w *work) point(ctx, writing context.Context, s plan.Step, tag *TagResult) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	err := w.heal(writing, s, func() error { return w.Registry.PutManifest(writing, tag.Tag, s.Manifest) })
	w.mu.Lock()
	defer w.mu.Unlock()
	if err == nil {
		tag.State = Moved
		w.result.Targets[s.Target].Complete = true
		return nil
	}
	var refusal *registry.Error
	if !errors.As(err, &refusal) || refusal.Status >= 499 || refusal.Status == http.StatusRequestTimeout {
		tag.State = Unclear // no answer, or one from a server in trouble: it may have been written
	}
	return fmt.Errorf("tagging %q: %w", tag.Tag, err)
}

// graceful returns a context that outlives ctx by d.
func graceful(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	long, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	var timer *time.Timer
	var mu sync.Mutex
	unhook := context.AfterFunc(ctx, func() {
		mu.Lock()
		defer mu.Unlock()
		timer = time.AfterFunc(d, func() { cancel(context.Cause(ctx)) })
	})
	return long, func() {
		unhook()
		mu.Lock()
		defer mu.Unlock()
		if timer != nil {
			timer.Stop()
		}
		cancel(nil)
	}
}
