package publish

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/image/compare"
	"github.com/ghcr-publish/ghcr-publish/internal/input"
	"github.com/ghcr-publish/ghcr-publish/internal/inspect"
)

// approve returns an error if the image is too large, or if it lacks parts of a previous
// image and the input on-loss is fail. Only these two inputs make the run wait for the
// comparison.
func (c *comparison) approve() error {
	errs := []error{c.tooLarge()}
	if c.request.Losses.needsPrevious() {
		c.finish()
		errs = append(errs, c.verdict()...)
	}
	return errors.Join(errs...)
}

// dryRun returns the errors that a real run would return before its tags move.
func (c *comparison) dryRun(ctx context.Context) error {
	if c.request.Losses.needsPrevious() {
		c.start(ctx)
	}
	return c.approve()
}

// verdict returns an error for each previous image that the new image must not replace.
func (c *comparison) verdict() []error {
	var errs []error
	policy := c.request.Losses
	if policy.Limit.Grows && len(c.replaced) == 0 {
		c.outcome.notice(diag.Notice{
			Code: CodeNotCompared, Level: diag.Info, Title: "The image has no previous image",
			Text: fmt.Sprintf("The limit +%g%% of the input size-limit was not checked, because no tag of this run pointed at another image before the run.", policy.Limit.Percent),
		})
	}
	for _, r := range c.outcome.Replaced {
		if r.Changes == nil {
			continue
		}
		if policy.OnLoss == input.LossFail && len(r.Changes.Losses) > 0 {
			refusal := diag.Inputf("on-loss", CodeLossRefused,
				"Add the missing parts to the image. If their removal is intended, set on-loss: warn for this run.",
				"No tag was moved, because the image lacks parts of the previous image of %s", tagList(r.Tags))
			refusal.Err = fmt.Errorf("the image lacks %s, which the previous image %s has", lossList(r.Changes.Losses), r.Digest)
			errs = append(errs, refusal)
		}
		if policy.Limit.Grows {
			errs = append(errs, c.grown(r)...)
		}
	}
	return errs
}

// grown returns an error for each platform that has grown more than the limit allows.
func (c *comparison) grown(r *Replaced) []error {
	var errs []error
	percent := c.request.Losses.Limit.Percent
	for _, p := range r.Changes.Platforms {
		both := p.Change == compare.Changed && p.SizeBefore > 0 && !p.Uncompressed
		if !both || float64(p.SizeAfter) <= float64(p.SizeBefore)*(1+percent/100) {
			continue
		}
		errs = append(errs, diag.Inputf("size-limit", CodeSizeLimit,
			"Find the layers that have grown, for example with ghcr-publish diff. If the growth is intended, raise the limit in size-limit.",
			"No tag was moved, because %s grew from %s to %s, and size-limit allows a growth of %g%% over the previous image of %s", platformOf(p.Platform), megabytes(p.SizeBefore), megabytes(p.SizeAfter), percent, tagList(r.Tags)))
	}
	return errs
}

// tooLarge returns an error for each platform that is larger than the limit. Before the
// upload, tooLarge skips a platform with layers that are not compressed yet.
func (c *comparison) tooLarge() error {
	limit := c.request.Losses.Limit.Bytes
	if limit == 0 {
		return nil
	}
	// After the uploads, this content has the size of each layer. The background reads the
	// field c.content at the same time.
	content, err := inspect.NewContent(c.outcome.Found.Root)
	if err != nil {
		return err
	}
	var errs []error
	for _, p := range content.Image().Platforms {
		if p.Plain || p.Size <= limit {
			continue
		}
		errs = append(errs, diag.Inputf("size-limit", CodeSizeLimit,
			"Make the image smaller, for example with a smaller base image or with compression: zstd. If the size is intended, raise the limit in size-limit.",
			"No tag was moved, because %s has %s, which is more than the limit of %s", platformOf(p.Name), megabytes(p.Size), megabytes(limit)))
	}
	return errors.Join(errs...)
}

func platformOf(name string) string {
	if name == "" {
		return "the image"
	}
	return "the image for " + name
}

// megabytes returns a size for a message.
func megabytes(n int64) string {
	switch {
	case n >= 1e9:
		return fmt.Sprintf("%.2f GB", float64(n)/1e9)
	case n >= 1e6:
		return fmt.Sprintf("%.1f MB", float64(n)/1e6)
	case n >= 1e3:
		return fmt.Sprintf("%.1f kB", float64(n)/1e3)
	}
	return fmt.Sprintf("%d bytes", n)
}

// notices adds a warning if the new image lacks parts of a previous image, or if the run
// could not compare the images.
func (c *comparison) notices(r *Replaced) {
	policy := c.request.Losses
	if r.Changes == nil {
		level := diag.Info
		if policy.needsPrevious() {
			level = diag.Warning
		}
		c.outcome.notice(diag.Notice{
			Code: CodeNotCompared, Level: level, Title: "The image was not compared with its previous image",
			Text: fmt.Sprintf("The previous image of %s (%.19s) was not compared, because of this error: %s. The tags moved.", tagList(r.Tags), r.Digest, r.Err),
		})
		return
	}
	if policy.OnLoss != input.LossWarn || len(r.Changes.Losses) == 0 {
		return
	}
	c.outcome.notice(diag.Notice{
		Code: CodeLoss, Level: diag.Warning, Title: "The new image lacks parts of its previous image",
		Text: fmt.Sprintf("The new image lacks %s. The previous image of %s (%s) has these parts. If the removal is intended, set on-loss: ignore for this run. To prevent such a release, set on-loss: fail.", lossList(r.Changes.Losses), tagList(r.Tags), r.Digest),
	})
}

// maxNamed is the maximum number of losses or tags that a message names.
const maxNamed = 5

// lossList names the losses in a sentence.
func lossList(losses []compare.Loss) string {
	var names []string
	for _, l := range losses {
		names = append(names, l.String())
	}
	return joined(names)
}

// tagList names the tags in a sentence.
func tagList(tags []name.Tag) string {
	var names []string
	for _, t := range tags {
		names = append(names, t.String())
	}
	return joined(names)
}

// joined joins at most maxNamed names with commas and "and".
func joined(names []string) string {
	if n := len(names); n > maxNamed {
		names = append(names[:maxNamed:maxNamed], fmt.Sprintf("%d more", n-maxNamed))
	}
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}
