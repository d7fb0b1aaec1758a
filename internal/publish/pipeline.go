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
	"net/http"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/github"
	"github.com/ghcr-publish/ghcr-publish/internal/input"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/naming"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/plan"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/push"
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
	Observer Observer
}

// Publish executes a request. The outcome is never nil. If Publish returns an error,
// the outcome describes the steps before the error. If a registry refuses a request,
// the error is a *diag.Error with a cause and a hint.
func (p *Pipeline) Publish(ctx context.Context, request *Request) (*Outcome, error) {
	r := &run{Pipeline: p, request: request, outcome: &Outcome{Status: Failed, DryRun: request.DryRun}}
	err := errors.Join(r.explain(r.run(ctx)), request.Source.Close())
	if err != nil {
		r.outcome.Status = Failed
		r.outcome.dropRepeatedNotice(err)
	}
	return r.outcome, err
}

// run is the execution of one request.
type run struct {
	*Pipeline
	request *Request
	outcome *Outcome
	// source is the digest of the image in the source, before the run changes the image.
	source v1.Hash
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
	if r.request.DryRun {
		return errors.Join(r.dryRun(ctx), forbidden)
	}
	if forbidden != nil {
		return forbidden
	}
	if ended, err := r.authorize(ctx); ended || err != nil {
		return err
	}
	if err := r.checkCopied(ctx); err != nil {
		return err
	}
	if out.Attached, err = r.attach(ctx); err != nil {
		return err
	}
	publisher := &push.Publisher{Registry: r.Registry, Conflicts: policy, Grace: cancelGrace}
	if out.Result, err = r.push(ctx, publisher); err != nil {
		return err
	}
	return r.verify(ctx, publisher)
}

// push executes the plan.
func (r *run) push(ctx context.Context, publisher *push.Publisher) (*push.Result, error) {
	display := r.Observer.Uploads(r.outcome.Plan)
	defer display.Close()
	publisher.Progress, publisher.Anonymous = display, r.anonymousPulls()
	return publisher.Run(ctx, r.outcome.Plan)
}
