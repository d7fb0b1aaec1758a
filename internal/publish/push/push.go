// Package push executes a plan. Run uploads the blobs first. Run then writes the
// manifests. Run writes the images of an index before the index. At the end, Run writes
// all tags concurrently. The method Prove reads the tags and the digests back from the
// registry.
//
// If a run fails or is cancelled, the result contains the completed work.
// Package plan decides the steps, and package registry transfers the content.
package push

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"golang.org/x/sync/errgroup"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/plan"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
	"github.com/ghcr-publish/ghcr-publish/internal/registry/retry"
)

// Progress displays the uploads.
type Progress interface {
	// Begin starts the display of one blob that is sent to a repository. The caller calls
	// the function "advance" with the number of bytes that the caller read since the last
	// call. If an upload starts again, this number is negative. The caller calls the
	// function "done" once at the end of the upload.
	Begin(repo name.Repository, b *image.Blob) (advance func(int64), done func(registry.BlobOutcome, error))
}

// Resolution is the decision about a tag that two runs write at the same time. The
// registry has no conditional write, so the tag points at the image that is written
// last, even if this image is older (docs/ghcr.md, Manifests and tags).
type Resolution int

// The resolutions.
const (
	Unknown     Resolution = iota // The run does not know which of the two images is newer.
	KeepTheirs                    // The image of the other run is newer.
	RewriteOurs                   // The image of this run is newer.
)

// Conflicts decides which image a tag must point at if another run writes the same tag
// at the same time.
type Conflicts interface {
	// Recheck reads the tags again after the uploads and before the tags move.
	Recheck(context.Context) (Recheck, error)
	// Resolve decides about a tag that this run has written and that now points at the
	// digest of another run.
	Resolve(ctx context.Context, tag name.Tag, shown v1.Hash) Resolution
}

// Recheck is the result of the second read of the tags.
type Recheck struct {
	Kept plan.Kept // the tags that must not move
	// Now maps the full name of each tag that was read to its digest. The digest is the zero
	// Hash if the tag does not exist. A tag that was not read is not in the map.
	Now map[string]v1.Hash
}

// NoConflicts is for references that no other run writes.
type NoConflicts struct{}

// Recheck implements [Conflicts].
func (NoConflicts) Recheck(context.Context) (Recheck, error) { return Recheck{}, nil }

// Resolve implements [Conflicts].
func (NoConflicts) Resolve(context.Context, name.Tag, v1.Hash) Resolution { return Unknown }

// Publisher executes plans.
type Publisher struct {
	Registry *registry.Client
	Progress Progress
	// Conflicts decides about tags that another run writes at the same time.
	Conflicts Conflicts
	// Anonymous lists the repositories that Prove will probably pull from without
	// credentials. Run requests the tokens for these pulls while it writes the tags.
	Anonymous []name.Repository
	// Grace is the time that unfinished tag writes get after the run is cancelled. If
	// the writes finish in this time, the result contains their real outcome.
	Grace time.Duration
	// Sleep waits between two reads of a reference. If Sleep is nil, the run waits
	// with a timer.
	Sleep retry.Sleeper
}

// Run executes the plan. The result is never nil.
func (p *Publisher) Run(ctx context.Context, pl *plan.Plan) (*Result, error) {
	w := p.Begin(pl)
	err := Upload(ctx, w)
	if err == nil {
		err = Tag(ctx, w)
	}
	return w.Result, err
}

// Upload uploads all blobs of one or several images, and then writes all manifests by
// digest. Upload moves no tag. A root that the plan writes only under its single tag is
// written by [Tag].
//
// While Upload writes the last manifests of an image, it reads the tags again to find
// conflicts. [Tag] does not move the tags that have a conflict.
func Upload(ctx context.Context, works ...*Work) error {
	begin := time.Now()
	err := uploadBlobs(ctx, works)
	if err == nil {
		err = uploadManifests(ctx, works)
	}
	for _, w := range works {
		w.Result.Transfer = time.Since(begin)
	}
	return err
}

// uploadManifests writes the manifests of several images concurrently.
func uploadManifests(ctx context.Context, works []*Work) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(maxConcurrentImages)
	// The upload of one image also delays the tags of the other images.
	sent := slices.ContainsFunc(works, (*Work).sent)
	for _, w := range works {
		group.Go(func() (err error) {
			w.second, err = w.manifests(ctx, sent)
			return err
		})
	}
	return group.Wait()
}

// Tag moves the tags of all images after a successful call of [Upload]. All tags are
// written concurrently.
func Tag(ctx context.Context, works ...*Work) error {
	for _, w := range works {
		if err := w.accept(ctx, w.second); err != nil {
			return err
		}
	}
	return moveTags(ctx, works)
}

// maxConcurrentImages is the maximum number of images whose manifests the run writes
// concurrently.
const maxConcurrentImages = 4

// Work is the execution of one plan. The functions [Upload] and [Tag] execute the two
// phases of the plan. Between these phases, the caller can check the uploaded image.
type Work struct {
	*Publisher
	// Result contains the completed steps. Result is never nil.
	Result *Result

	plan   *plan.Plan
	second Recheck    // the last read of the tags before they move
	mu     sync.Mutex // protects Result
}

// Begin returns the execution of a plan. Begin sends no request.
func (p *Publisher) Begin(pl *plan.Plan) *Work {
	w := &Work{Publisher: p, plan: pl, Result: &Result{Root: pl.Root}}
	for _, t := range pl.Targets {
		w.Result.Targets = append(w.Result.Targets, &TargetResult{
			Repo: t.Repo, Blobs: map[registry.BlobOutcome]Tally{}, Complete: t.HasRoot,
		})
	}
	for _, s := range pl.Of(plan.PointTag) {
		tag := &TagResult{Tag: pl.Targets[s.Target].Repo.Tag(s.Tag), Before: s.From, New: s.New, State: Untouched}
		switch {
		case s.Kept != "":
			tag.State = Kept
		case !s.Needed:
			tag.State = Already
		}
		w.Result.Targets[s.Target].Tags = append(w.Result.Targets[s.Target].Tags, tag)
	}
	return w
}

func (w *Work) count(target int, way registry.BlobOutcome, bytes int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	t := w.Result.Targets[target].Blobs
	t[way] = Tally{t[way].Count + 1, t[way].Bytes + bytes}
}
