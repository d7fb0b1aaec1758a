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

// tags points all tags at the root concurrently. A cancel before this step leaves
// every tag unchanged. After a cancel during this step, running writes get the
// grace time to finish and no other write starts, so that the result states the
// real state of each tag.
func (w *work) tags(ctx context.Context) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	writing, stop := graceful(ctx, w.Grace)
	defer stop()
	var (
		wg    sync.WaitGroup
		errs  = make([]error, len(w.plan.Steps))
		slots = make(chan struct{}, maxConcurrentWrites)
		index = map[int]int{} // the next tag of each target
	)
	for i, s := range w.plan.Of(plan.PointTag) {
		tag := w.result.Targets[s.Target].Tags[index[s.Target]]
		index[s.Target]++
		if !s.Needed || tag.State == Kept {
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

// point moves one tag. If the tag is the only write of the root, the
// registry reports a missing blob here, and the blob is uploaded again.
func (w *work) point(ctx, writing context.Context, s plan.Step, tag *TagResult) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	err := w.writeManifest(writing, s, func() error { return w.Registry.PutManifest(writing, tag.Tag, s.Manifest) })
	w.mu.Lock()
	defer w.mu.Unlock()
	if err == nil {
		tag.State = Moved
		w.result.Targets[s.Target].Complete = true
		return nil
	}
	var refusal *registry.Error
	if !errors.As(err, &refusal) || refusal.Status >= 499 || refusal.Status == http.StatusRequestTimeout {
		tag.State = Unclear // without an answer, or after a server error, the tag may have moved
	}
	return fmt.Errorf("tagging %q: %w", tag.Tag, err)
}

// graceful returns a context that ends d after ctx.
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
