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

// moveTags moves all tags of all images concurrently. If the run is cancelled before it
// moves the first tag, every tag stays unchanged. If the run is cancelled while it moves
// tags, no further write starts, and the unfinished writes may finish within the time
// Grace. The results therefore contain the real state of each tag.
func moveTags(ctx context.Context, works []*Work) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	writing, stop := graceful(ctx, works[0].Grace)
	defer stop()
	var (
		wg    sync.WaitGroup
		tasks = tagTasks(works)
		errs  = make([]error, len(tasks))
		slots = make(chan struct{}, maxConcurrentWrites)
	)
	for i, t := range tasks {
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			errs[i] = t.work.point(ctx, writing, t.step, t.tag)
		})
	}
	for _, w := range works {
		for _, repo := range w.Anonymous {
			// The run ignores an error of this token request, because the later pull requests
			// the token again and reports the error.
			wg.Go(func() { _ = w.Registry.Anonymous().Authorize(ctx, repo) })
		}
	}
	wg.Wait()
	return errors.Join(errs...)
}

// tagTask is one tag that the run writes.
type tagTask struct {
	work *Work
	step plan.Step
	tag  *TagResult
}

// tagTasks returns the tags that the run writes, in the order of the plans.
func tagTasks(works []*Work) []tagTask {
	var out []tagTask
	for _, w := range works {
		index := map[int]int{} // The map "index" contains the position of the next tag of each target.
		for _, s := range w.plan.Of(plan.PointTag) {
			tag := w.Result.Targets[s.Target].Tags[index[s.Target]]
			index[s.Target]++
			if s.Needed && tag.State != Kept {
				out = append(out, tagTask{w, s, tag})
			}
		}
	}
	return out
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
