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

// tags moves all tags to the root concurrently. If the run is cancelled before it
// moves the first tag, every tag stays unchanged. If the run is cancelled while it
// moves tags, no further write starts, and the unfinished writes may finish within
// the time Grace. The result therefore contains the real state of each tag.
func (w *Work) tags(ctx context.Context) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	writing, stop := graceful(ctx, w.Grace)
	defer stop()
	var (
		wg    sync.WaitGroup
		errs  = make([]error, len(w.plan.Steps))
		slots = make(chan struct{}, maxConcurrentWrites)
		index = map[int]int{} // The map "index" contains the position of the next tag of each target.
	)
	for i, s := range w.plan.Of(plan.PointTag) {
		tag := w.Result.Targets[s.Target].Tags[index[s.Target]]
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
	for _, repo := range w.Anonymous {
		// The run ignores an error of this token request, because the later pull requests
		// the token again and reports the error.
		wg.Go(func() { _ = w.Registry.Anonymous().Authorize(ctx, repo) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

// point moves one tag. If the run writes the root only under this tag, the registry
// can refuse the tag because a blob is missing. The run then uploads the missing blob
// again.
func (w *Work) point(ctx, writing context.Context, s plan.Step, tag *TagResult) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	err := w.writeManifest(writing, s, func() error { return w.Registry.PutManifest(writing, tag.Tag, s.Manifest) })
	w.mu.Lock()
	defer w.mu.Unlock()
	if err == nil {
		tag.State = Moved
		w.Result.Targets[s.Target].Complete = true
		return nil
	}
	var refusal *registry.Error
	if !errors.As(err, &refusal) || refusal.Status >= 499 || refusal.Status == http.StatusRequestTimeout {
		// If the server sent no response or reported a server error, the tag may have
		// moved.
		tag.State = Unclear
	}
	return fmt.Errorf("tagging %q: %w", tag.Tag, err)
}

// graceful returns a context that ends later than ctx, after the additional time d.
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
