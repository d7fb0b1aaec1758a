// Package publish publishes one image. The package opens the source, reads the
// destinations, plans, pushes and verifies. Package publish only returns data, and
// package cmd writes the report.
//
// The commands publish, merge, promote and try use the same pipeline. The requests of
// these commands differ in the source, the attachments and the policies.
package publish

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/github"
	"github.com/ghcr-publish/ghcr-publish/internal/input"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/naming"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/plan"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/push"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/pushed"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
)

// cancelGrace is the time that unfinished tag writes get after the run is cancelled.
// The runner waits 7.5 s before it kills the process (docs/runner.md, Cancellation).
const cancelGrace = 1500 * time.Millisecond

// Observer is informed while a run is in progress.
type Observer interface {
	// NewPackage is called before the upload if the run creates a package with this
	// visibility.
	NewPackage(repo name.Repository, visibility string)
	// Uploads starts the display of the uploads of a plan.
	Uploads(*plan.Plan) Display
	// ReadingBack is called before the run reads the image back from the registry. The
	// run calls the function "end" after it has read the image.
	ReadingBack(reference string) (end func())
}

// Display shows the progress of the uploads until the caller closes the display.
type Display interface {
	push.Progress
	Close()
}

// Pipeline holds the clients of one run.
type Pipeline struct {
	Config   *input.Common
	Registry *registry.Client
	GitHub   *github.Client
	Web      *http.Transport // Web reads layers from the URLs in a manifest.
	Namer    *naming.Namer
	Pushed   pushed.Record // Pushed contains the layers that earlier runs of the job pushed.
	Observer Observer
}

// Publish executes a request. The outcome is never nil. If Publish returns an error,
// the outcome describes the steps before the error. If a registry refuses a request,
// the error is a *diag.Error with a cause and a hint.
func (p *Pipeline) Publish(ctx context.Context, request *Request) (*Outcome, error) {
	r := &run{Pipeline: p, request: request, outcome: &Outcome{Status: Failed, DryRun: request.DryRun}, known: newKnownContent(p.Registry)}
	err := errors.Join(r.nameTags(ctx, r.explain(r.run(ctx))), request.Source.Close())
	if err != nil {
		r.outcome.Status = Failed
		if r.outcome.Gate != nil {
			r.outcome.Status = Gated
		}
		r.outcome.dropRepeatedNotice(err)
	}
	return r.outcome, err
}

// run is the execution of one request.
type run struct {
	*Pipeline
	request *Request
	outcome *Outcome
	known   *knownContent // previous images that the run has read
}

// run executes all steps in their order.
func (r *run) run(ctx context.Context) (err error) {
	out := r.outcome
	out.notice(r.Config.Notices...)
	r.expect()
	if out.Names, err = r.name(ctx); err != nil {
		return err
	}
	if skip := out.Names.Skip; skip != nil {
		return r.skip(ctx, skip)
	}
	if out.Found, err = r.resolve(ctx); out.Found.Source != nil {
		defer out.Found.Source.Close() // The source is only read, so an error of Close loses no data.
		out.notice(out.Found.Source.Notices...)
	}
	if err != nil {
		return err
	}
	if err := r.accept(); err != nil {
		return err
	}
	out.notice(r.explainer().TokenNotices(out.Found.Token())...)
	policy := newTagPolicy(r)
	kept, forbidden := policy.check(ctx)
	out.Plan = plan.New(out.Found.Root, r.planTargets(), kept)
	if r.request.Gate.Exists() {
		out.Plan.AddGate()
	}
	changes, err := newComparison(r)
	if err != nil {
		return err
	}
	defer changes.stop()
	if r.request.DryRun {
		return errors.Join(r.dryRun(ctx), forbidden, changes.dryRun(ctx))
	}
	if err := errors.Join(forbidden, changes.tooLarge()); err != nil {
		return err
	}
	if ended, err := r.authorize(ctx); ended || err != nil {
		return err
	}
	if err := r.checkCopied(ctx); err != nil {
		return err
	}
	changes.start(ctx)
	if out.Attached, err = r.attach(ctx); err != nil {
		return err
	}
	publisher := &push.Publisher{Registry: r.Registry, Conflicts: policy, Grace: cancelGrace}
	if err := r.push(ctx, publisher, changes); err != nil {
		return err
	}
	r.recordLayers()
	err = r.verify(ctx, publisher)
	changes.report()
	return err
}

// push uploads the image, checks the differences from the replaced images, asks the
// gate, and moves the tags.
func (r *run) push(ctx context.Context, publisher *push.Publisher, changes *comparison) error {
	publisher.Anonymous = r.anonymousPulls()
	work := publisher.Begin(r.outcome.Plan)
	r.outcome.Result = work.Result
	if err := r.upload(ctx, work); err != nil {
		return err
	}
	if err := changes.approve(); err != nil {
		return err
	}
	if err := r.gate(ctx, work); err != nil {
		return err
	}
	return push.Tag(ctx, work)
}

// upload uploads the image and shows the progress.
func (r *run) upload(ctx context.Context, work *push.Work) error {
	display := r.Observer.Uploads(r.outcome.Plan)
	defer display.Close()
	work.Progress = display
	return push.Upload(ctx, work)
}

// recordLayers records the layers of the image, so that a later run of the job can mount
// them. The image is published, so a failure only adds a notice.
func (r *run) recordLayers() {
	for _, repo := range r.request.Destinations {
		if err := r.Pushed.Add(r.outcome.Found.Root, repo); err != nil {
			r.outcome.notice(diag.Notice{
				Code: CodeLayersNotRecorded, Level: diag.Info, Title: "The layers of the image were not recorded",
				Text: fmt.Sprintf("%v. Later steps of this job send the layers that they have in common with this image again. Check that the runner can write to the folder RUNNER_TEMP.", err),
			})
		}
	}
}
