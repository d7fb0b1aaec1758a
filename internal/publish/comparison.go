package publish

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/image/compare"
	"github.com/ghcr-publish/ghcr-publish/internal/input"
	"github.com/ghcr-publish/ghcr-publish/internal/inspect"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/plan"
	"github.com/ghcr-publish/ghcr-publish/internal/source"
)

const (
	// comparisonTime limits the time in which the run reads the previous images. The time
	// starts together with the uploads.
	comparisonTime = 2 * time.Minute
	// comparisonDelay limits the time by which the comparison delays the end of the run. The
	// run waits for the comparison only after the tags have moved, unless an input such as
	// on-loss makes the tags wait.
	comparisonDelay = 30 * time.Second
	// maxReplaced is the maximum number of previous images that the run reads.
	maxReplaced = 8
)

// errTooMany is the reason why the run did not read a previous image.
var errTooMany = fmt.Errorf("the tags of this run point at more than %d different images", maxReplaced)

// Replaced is an image that tags of the run pointed at before the run.
type Replaced struct {
	Digest v1.Hash
	// Tags are the tags that pointed at the image. A tag can still point at the image if
	// the run failed.
	Tags []name.Tag
	// Changes are the differences between this image and the new image. Changes is nil if
	// the run could not compare the images. Err is then the reason.
	Changes *compare.Changes
	Err     error
}

// comparison compares the new image with the images that the tags point at before the
// run. The comparison reads the previous images while the run uploads the new image.
type comparison struct {
	*run
	content  *inspect.Content // the new image
	listed   *inspect.Listed  // the referrers of the new image, or nil
	replaced []*previousImage

	delay   time.Duration // delay is comparisonDelay, except in tests.
	cancel  context.CancelCauseFunc
	reading sync.WaitGroup
	once    sync.Once
}

// previousImage is one image that the run replaces.
type previousImage struct {
	Replaced
	content *inspect.Content
	listed  *inspect.Listed // nil if the run does not compare referrers
}

// newComparison finds the images that the run replaces. newComparison sends no request.
func newComparison(r *run) (*comparison, error) {
	content, err := inspect.NewContent(r.outcome.Found.Root)
	if err != nil {
		return nil, err
	}
	c := &comparison{run: r, content: content, delay: comparisonDelay, cancel: func(error) {}}
	if r.request.Verify.Level == input.VerifyNone && !r.request.Losses.needsPrevious() {
		return c, nil // The run does not read the images that tags point at, as in tagPolicy.monotonic.
	}
	byDigest := map[v1.Hash]*previousImage{}
	for _, s := range r.outcome.Plan.Of(plan.PointTag) {
		if !s.Needed || s.From == nil || *s.From == r.outcome.Found.Root.Descriptor.Digest {
			continue
		}
		p := byDigest[*s.From]
		if p == nil {
			p = &previousImage{Replaced: Replaced{Digest: *s.From}}
			byDigest[*s.From] = p
			c.replaced = append(c.replaced, p)
		}
		p.Tags = append(p.Tags, r.outcome.Plan.Targets[s.Target].Repo.Tag(s.Tag))
	}
	return c, nil
}

// start reads the previous images in the background.
func (c *comparison) start(ctx context.Context) {
	if len(c.replaced) == 0 {
		return
	}
	c.known.learn(c.outcome.Found.Root)
	ctx, c.cancel = context.WithCancelCause(ctx)
	c.limit(comparisonTime)
	c.reading.Go(func() { c.read(ctx) })
}

// limit ends the reads after the duration d, unless the caller stops the timer.
func (c *comparison) limit(d time.Duration) *time.Timer {
	return time.AfterFunc(d, func() { c.cancel(fmt.Errorf("the registry did not send the previous image in %s", d)) })
}

// stop ends the reads. The caller calls stop before the source of the new image is closed.
func (c *comparison) stop() {
	c.cancel(nil)
	c.reading.Wait()
}

// read reads the manifests, the configs and the SBOMs of all images. At the same time, read
// reads the referrers of the images.
func (c *comparison) read(ctx context.Context) {
	var content, listing error
	var group sync.WaitGroup
	group.Go(func() { content = c.readContents(ctx) })
	if repo := c.existing(); repo != nil {
		group.Go(func() { listing = c.readReferrers(ctx, *repo) })
	}
	group.Wait()
	err := because(ctx, errors.Join(content, listing))
	for _, p := range c.replaced {
		if p.Err == nil {
			p.Err = err
		}
		if p.listed != nil && p.content != nil {
			p.content.AddListed(p.listed)
		}
	}
}

// open reads the manifests of a previous image.
func (c *comparison) open(ctx context.Context, p *previousImage) {
	src, err := source.Open(ctx, "docker://"+p.Tags[0].Context().Digest(p.Digest.String()).Name(), source.Options{Remote: c.known, SkipPlatform: true})
	if err == nil {
		defer src.Close() // The source is only read, so an error of Close loses no data.
		p.content, err = inspect.NewContent(src.Root)
	}
	p.Err = because(ctx, err)
}

// because returns the cause of the end of the context instead of an error that only
// reports this end.
func because(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// existing returns the repository with the referrers of the new image. A new image gets
// its signatures and SBOMs after the run, so the run compares referrers only if the image
// exists already. existing returns nil for a new image. existing also returns nil if this
// run attests the image, because the attestation does not exist at the time of the reads.
func (c *comparison) existing() *name.Repository {
	traits := c.request.Source.Traits()
	if c.attestation.active || !traits.Published || (preparedSource{run: c.run, names: c.outcome.Names}).changed() {
		return nil
	}
	repo := traits.Reference.Context()
	if _, none := c.request.Attachments.(NoAttachments); none {
		repo = c.request.Destinations[0] // The run does not copy the referrers of the source.
	}
	return &repo
}

// readReferrers reads the referrers of the new image and of the previous images.
func (c *comparison) readReferrers(ctx context.Context, repo name.Repository) error {
	now := &inspect.Listed{Client: c.Registry, Repository: repo, Digest: c.outcome.Found.Root.Descriptor.Digest}
	var old []*inspect.Listed
	for _, p := range c.replaced[:min(len(c.replaced), maxReplaced)] {
		p.listed = &inspect.Listed{Client: c.Registry, Repository: p.Tags[0].Context(), Digest: p.Digest}
		old = append(old, p.listed)
	}
	err := inspect.ReadListed(ctx, now, old)
	c.listed = now
	return err
}

// readContents reads the manifests of all previous images, and then the configs of all
// images. If the new image and a previous image have an SBOM, readContents also reads their
// SBOMs.
func (c *comparison) readContents(ctx context.Context) error {
	var group sync.WaitGroup
	for i, p := range c.replaced {
		if i >= maxReplaced {
			p.Err = errTooMany
			continue
		}
		group.Go(func() { c.open(ctx, p) })
	}
	group.Wait()
	var opened []*inspect.Content
	for _, p := range c.replaced {
		if p.content != nil {
			opened = append(opened, p.content)
		}
	}
	if len(opened) == 0 {
		return nil
	}
	return inspect.ReadAll(ctx, c.content, opened)
}

// finish compares the images once. finish waits for the reads, and takes the sizes of the
// layers that the run has compressed.
func (c *comparison) finish() {
	c.once.Do(func() {
		c.reading.Wait()
		refreshed := c.content.Refresh()
		if c.listed != nil {
			c.content.AddListed(c.listed)
		}
		after := c.content.Image()
		for _, p := range c.replaced {
			if p.Err = errors.Join(p.Err, refreshed); p.Err == nil {
				p.Changes = compare.Images(p.content.Image(), after, c.wanted())
			}
			c.outcome.Replaced = append(c.outcome.Replaced, &p.Replaced)
		}
	})
}

// wanted returns the losses that the inputs ask for. A notice names each platform that the
// input platforms has removed, so its loss is not silent. A platform that the source lacks
// is a loss, because no input names it.
func (c *comparison) wanted() compare.Options {
	out := compare.Options{Stripped: c.request.Changes.Strip}
	for _, p := range c.removed {
		out.Dropped = append(out.Dropped, inspect.PlatformName(p))
	}
	return out
}

// report adds the differences to the outcome after the tags have moved, and adds a warning
// for each loss. A tag that did not move has no differences.
func (c *comparison) report() {
	defer c.limit(c.delay).Stop()
	c.finish()
	moved := c.outcome.Result.MovedTags()
	c.outcome.Replaced = slices.DeleteFunc(c.outcome.Replaced, func(r *Replaced) bool {
		r.Tags = slices.DeleteFunc(r.Tags, func(tag name.Tag) bool { return !moved[tag.String()] })
		return len(r.Tags) == 0 || r.Digest == c.outcome.Found.Root.Descriptor.Digest
	})
	for _, r := range c.outcome.Replaced {
		c.notices(r)
	}
}
