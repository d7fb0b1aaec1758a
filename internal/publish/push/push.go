// Package push carries a plan out: blobs first, then manifests, children
// before parents, then all tags in one flight, then the proof that the
// registry has what was meant.
//
// It returns what became true even when it fails or is cancelled half way.
// What to do was decided before (package plan); how bytes travel is package
// registry's business.
package push

import (
	"context"
	"sync"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/plan"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
	"github.com/ghcr-publish/ghcr-publish/internal/registry/retry"
)

// Progress hears of blobs in flight.
type Progress interface {
	// Begin announces a blob on its way to a repository. Advance is called
	// with bytes as they are read (negative when a fault takes them back),
	// done once at the end.
	Begin(repo name.Repository, b *image.Blob) (advance func(int64), done func(registry.BlobOutcome, error))
}

// Publisher carries plans out.
type Publisher struct {
	Registry *registry.Client
	Progress Progress
	// Grace is how long tag writes under way may still take after a cancel,
	// so that what is reported of them is true.
	Grace time.Duration
	// Last is asked before tags are written, if that comes long after what
	// they point at was read, since blobs were sent in between. It returns
	// tags that must stay where they are, and why, by their full reference.
	// Nil asks nobody.
	Last func(context.Context) (held map[string]string, err error)
	// Contest judges what a tag shows that another run wrote after us. Nil
	// takes it for a failure.
	Contest func(ctx context.Context, tag name.Tag, shown v1.Hash) Verdict
	// Sleep waits between two looks at a registry that lags; nil waits for real.
	Sleep retry.Sleeper
}

// Run carries the plan out. The result is never nil.
func (p *Publisher) Run(ctx context.Context, pl *plan.Plan) (*Result, error) {
	w := newWork(p, pl)
	begin := time.Now()
	err := w.blobs(ctx)
	if err == nil {
		err = w.manifests(ctx)
	}
	w.result.Transfer = time.Since(begin)
	if err == nil {
		err = w.lastLook(ctx)
	}
	if err == nil {
		err = w.tags(ctx)
	}
	return w.result, err
}

// work is one run.
type work struct {
	*Publisher
	plan   *plan.Plan
	result *Result
	mu     sync.Mutex // guards result
}

func newWork(p *Publisher, pl *plan.Plan) *work {
	w := &work{Publisher: p, plan: pl, result: &Result{Root: pl.Root}}
	for _, t := range pl.Targets {
		w.result.Targets = append(w.result.Targets, &TargetResult{
			Repo: t.Repo, Blobs: map[registry.BlobOutcome]Tally{}, Complete: t.HasRoot,
		})
	}
	for _, s := range pl.Of(plan.PointTag) {
		tag := &TagResult{Tag: pl.Targets[s.Target].Repo.Tag(s.Tag), Before: s.From, State: Untouched}
		switch {
		case s.Held != "":
			tag.State = Held
		case !s.Needed:
			tag.State = Already
		}
		w.result.Targets[s.Target].Tags = append(w.result.Targets[s.Target].Tags, tag)
	}
	return w
}

func (w *work) count(target int, way registry.BlobOutcome, bytes int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	t := w.result.Targets[target].Blobs
	t[way] = Tally{t[way].Count + 1, t[way].Bytes + bytes}
}
