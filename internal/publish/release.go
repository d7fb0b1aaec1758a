package publish

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/input"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/plan"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/push"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
)

// restoreGrace is the time that a cancelled run has to point tags at their previous digests
// again. This time and cancelGrace together are shorter than the time after which the
// runner kills the process (docs/runner.md, Cancellation).
const restoreGrace = 3 * time.Second

// Release is one image, or several images whose tags move together.
type Release struct {
	Images []*Request // at least one
	// Together is true if the run points all tags at their previous digests again when it
	// could not write one of the tags.
	Together bool
}

// Release publishes the images. All blobs and manifests of all images come first, then the
// gate of each image, then the attestations, and then the tags of all images. A failure before the tags therefore
// moves no tag of any image.
//
// The outcomes have the order of the images and are never nil.
func (p *Pipeline) Release(ctx context.Context, images *Release) ([]*Outcome, error) {
	g := &release{Pipeline: p, together: images.Together}
	opening := &sync.Mutex{}
	outcomes := make([]*Outcome, len(images.Images))
	for i, request := range images.Images {
		decision := p.decideAttest(request)
		outcomes[i] = &Outcome{Status: Failed, DryRun: request.DryRun, Unattested: decision.reason}
		g.runs = append(g.runs, &run{
			Pipeline: p, request: request, outcome: outcomes[i], known: newKnownContent(p.Registry), attestation: decision,
			digestFirst: images.Together || request.Gate.Exists() || decision.active, together: images.Together, opening: opening,
		})
	}
	err := g.run(ctx)
	for i, r := range g.runs {
		r.close()
		err = errors.Join(err, images.Images[i].Source.Close())
	}
	if err != nil {
		for _, o := range outcomes {
			o.fail(err)
		}
	}
	return outcomes, err
}

// fail sets the status of an outcome after an error of the release.
func (o *Outcome) fail(err error) {
	o.Status = Failed
	if o.Gate != nil {
		o.Status = Gated
	}
	o.dropRepeatedNotice(err)
}

// release is the execution of a [Release].
type release struct {
	*Pipeline
	runs     []*run
	together bool
}

// run executes all steps of all images in their order.
func (g *release) run(ctx context.Context) error {
	for _, r := range g.runs {
		r.expect()
	}
	err := g.concurrently(func(r *run) error { return r.nameTags(ctx, r.explain(r.prepare(ctx))) })
	plan.Share(g.plans())
	if err != nil {
		return err
	}
	if err := g.authorize(ctx); err != nil {
		return err
	}
	err = g.each(func(r *run) error {
		if err := r.checkCopied(ctx); err != nil {
			return err
		}
		r.changes.start(ctx)
		attached, err := r.attach(ctx)
		r.outcome.Attached = attached
		return err
	})
	if err != nil {
		return err
	}
	identity := g.startSigning(ctx)
	defer identity.stop()
	works, err := g.upload(ctx)
	if err != nil || len(works) == 0 {
		return err
	}
	if err := g.each(func(r *run) error { return r.changes.approve() }); err != nil {
		return err
	}
	if err := g.gates(ctx); err != nil {
		return err
	}
	// The gate judges the image before the signature, because a signature would also make an
	// image trustworthy that the gate refuses.
	if err := g.concurrently(func(r *run) error { return r.attest(ctx, identity) }); err != nil {
		return err
	}
	if err := g.tag(ctx, works); err != nil {
		return err
	}
	_ = g.each(func(r *run) error { r.recordLayers(); return nil }) // The function returns no error.
	return g.verify(ctx)
}

// verify verifies all images concurrently.
func (g *release) verify(ctx context.Context) error {
	for _, r := range g.runs {
		if !r.ended && r.request.Verify.Level != input.VerifyNone {
			defer g.Observer.ReadingBack(r.firstReference())() // The display names only one image.
			break
		}
	}
	return g.concurrently(func(r *run) error {
		err := r.verify(ctx, r.work.Publisher)
		r.changes.report()
		return err
	})
}

// concurrently executes a step of all images that have not ended. If the step fails for
// several images, concurrently returns each different error, so that the user can correct
// all causes after one run.
func (g *release) concurrently(step func(*run) error) error {
	errs := make([]error, len(g.runs))
	var wg sync.WaitGroup
	for i, r := range g.runs {
		if !r.ended {
			wg.Go(func() { errs[i] = r.explain(step(r)) })
		}
	}
	wg.Wait()
	seen := map[string]bool{}
	return errors.Join(slices.DeleteFunc(errs, func(err error) bool {
		repeated := err == nil || seen[err.Error()]
		if err != nil {
			seen[err.Error()] = true
		}
		return repeated
	})...)
}

// plans returns the plans of the images.
func (g *release) plans() []*plan.Plan {
	var out []*plan.Plan
	for _, r := range g.runs {
		if r.outcome.Plan != nil {
			out = append(out, r.outcome.Plan)
		}
	}
	return out
}

// each executes a step of each image that has not ended, and stops at the first error.
func (g *release) each(step func(*run) error) error {
	for _, r := range g.runs {
		if r.ended {
			continue
		}
		if err := step(r); err != nil {
			return r.explain(err)
		}
	}
	return nil
}

// authorize checks that the run may write each image. If the input "on-readonly" accepts
// the refusal of one image, the run publishes no image, because the images belong together.
func (g *release) authorize(ctx context.Context) error {
	var refused *run
	err := g.each(func(r *run) (err error) {
		if r.ended, err = r.authorize(ctx); r.ended && refused == nil {
			refused = r
		}
		return err
	})
	if err != nil || refused == nil {
		return err
	}
	for _, r := range g.runs {
		if !r.ended {
			r.ended = true
			r.outcome.Status, r.outcome.Refusal, r.outcome.Expected = Skipped, refused.outcome.Refusal, refused.outcome.Expected
		}
	}
	return nil
}

// upload uploads the images that have not ended, and shows the progress.
func (g *release) upload(ctx context.Context) ([]*push.Work, error) {
	var active []*run
	var plans []*plan.Plan
	for _, r := range g.runs {
		if !r.ended {
			active, plans = append(active, r), append(plans, r.outcome.Plan)
		}
	}
	if len(active) == 0 {
		return nil, nil
	}
	display := g.Observer.Uploads(plans)
	defer display.Close()
	var works []*push.Work
	for _, r := range active {
		works = append(works, r.begin(display))
	}
	return works, g.explain(ctx, push.Upload(ctx, works...))
}

// gates asks the gate of each image. Then gates reads the tags of all images again, because
// another run may have moved a tag during the checks.
func (g *release) gates(ctx context.Context) error {
	gated := slices.ContainsFunc(g.runs, func(r *run) bool { return !r.ended && r.request.Gate.Exists() })
	if !gated {
		return nil
	}
	if err := g.each(func(r *run) error { return r.gate(ctx) }); err != nil {
		return err
	}
	return g.concurrently(func(r *run) error { return r.work.Recheck(ctx) })
}

// tag moves the tags of all images. If a tag could not be written, the tags of a release
// with several images get their previous digests again.
func (g *release) tag(ctx context.Context, works []*push.Work) error {
	err := g.explain(ctx, push.Tag(ctx, works...))
	if err == nil || !g.together {
		return err
	}
	if failed := push.Restore(ctx, restoreGrace, works...); failed != nil {
		err = errors.Join(err, g.explain(ctx, failed))
	}
	return errors.Join(err, remaining(works))
}

// explain explains an error of a step of all images. The error belongs to the image whose
// repository the registry names in its response.
func (g *release) explain(ctx context.Context, err error) error {
	owner := g.runs[0]
	var answer *registry.Error
	if errors.As(err, &answer) {
		for _, r := range g.runs {
			if r.publishesTo(answer.Host, answer.Repository) {
				owner = r
				break
			}
		}
	}
	return owner.nameTags(ctx, owner.explain(err))
}

func (r *run) publishesTo(host, repository string) bool {
	for _, repo := range r.request.Destinations {
		if repo.RegistryStr() == host && repo.RepositoryStr() == repository {
			return true
		}
	}
	return false
}

// remaining returns an error that names each tag that does not have its previous state
// after a release has failed.
func remaining(works []*push.Work) error {
	var moved, elsewhere, unclear []string
	for _, w := range works {
		for _, t := range w.Result.Targets {
			for _, tag := range t.Tags {
				switch tag.State {
				case push.Moved:
					moved = append(moved, fmt.Sprintf("%s points at %s", tag.Tag, w.Result.Root.Descriptor.Digest))
				case push.Elsewhere:
					elsewhere = append(elsewhere, fmt.Sprintf("%s %s", tag.Tag, place(tag.Now)))
				case push.Unclear:
					unclear = append(unclear, tag.Tag.String())
				case push.Untouched, push.Already, push.Restored, push.Kept: // the previous state
				}
			}
		}
	}
	if len(moved)+len(elsewhere)+len(unclear) == 0 {
		return nil
	}
	hint := "Run the step again, so that all tags point at the new images. The registry protocol cannot remove a new tag. To remove a tag, delete its version on the page of the package."
	var facts []string
	if len(moved) > 0 {
		facts = append(facts, "New: "+strings.Join(moved, ", ")+".")
	}
	if len(elsewhere) > 0 {
		facts = append(facts, "Moved by another run: "+strings.Join(elsewhere, ", ")+".")
	}
	if len(unclear) > 0 {
		facts = append(facts, "Unknown: "+strings.Join(unclear, ", ")+".")
	}
	return &diag.Error{
		Code: CodeReleasePartial, Side: diag.Registry, Err: errors.New(strings.Join(facts, " ")),
		Title: "The release failed, and not all of its tags have their previous state", Hint: hint,
	}
}

// place describes the state of a tag that another run has moved or deleted.
func place(now v1.Hash) string {
	if now == (v1.Hash{}) {
		return "does not exist"
	}
	return "points at " + now.String()
}
