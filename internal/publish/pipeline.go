// Package publish publishes one image, or several images that belong together. The package
// opens the source, reads the
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
	"sync"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

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
	// Uploads starts the display of the uploads of the plans of one release.
	Uploads([]*plan.Plan) Display
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
	outcomes, err := p.Release(ctx, &Release{Images: []*Request{request}})
	return outcomes[0], err
}

// run is the execution of one request.
type run struct {
	*Pipeline
	request *Request
	outcome *Outcome
	// source is the digest of the image in the source, before the run changes the image.
	source v1.Hash
	// removed are the platforms that the input platforms removed from the index in the source.
	removed []*v1.Platform
	known   *knownContent // previous images that the run has read
	policy  *tagPolicy
	changes *comparison // the differences from the images that the run replaces
	work    *push.Work
	// opening is locked while an expensive source is opened, so that one image is built after
	// the other. All images of a release share this lock.
	opening *sync.Mutex
	// digestFirst is true if the image must be in the registry by digest before a tag moves.
	digestFirst bool
	// together is true if the tags of several images move together.
	together    bool
	attestation attestDecision
	// ended is true if the run has ended without a push and without an error.
	ended bool
}

// prepare executes the steps that write nothing to a registry: it computes the names, opens
// the source, reads the destinations and computes the plan.
func (r *run) prepare(ctx context.Context) (err error) {
	out := r.outcome
	out.notice(r.Config.Notices...)
	if out.Names, err = r.name(ctx); err != nil {
		return err
	}
	if skip := out.Names.Skip; skip != nil {
		r.ended = true
		return r.skip(ctx, skip)
	}
	out.Found, err = r.resolve(ctx)
	if out.Found.Source != nil {
		out.notice(out.Found.Source.Notices...)
	}
	if err != nil {
		return err
	}
	if err := r.accept(ctx); err != nil {
		return err
	}
	out.notice(r.explainer().TokenNotices(out.Found.Token())...)
	r.policy = newTagPolicy(r)
	kept, forbidden := r.policy.check(ctx)
	out.Plan = plan.New(out.Found.Root, r.planTargets(), kept)
	if r.request.Gate.Exists() {
		out.Plan.AddGate()
	}
	if r.attestation.active {
		out.Plan.AddAttestation()
	}
	if r.changes, err = newComparison(r); err != nil {
		return err
	}
	if r.request.DryRun {
		r.ended = true
		return errors.Join(r.dryRun(ctx), forbidden, r.changes.dryRun(ctx))
	}
	return errors.Join(forbidden, r.changes.tooLarge())
}

// begin creates the execution of the plan.
func (r *run) begin(progress push.Progress) *push.Work {
	publisher := &push.Publisher{Registry: r.Registry, Progress: progress, Conflicts: r.policy, Anonymous: r.anonymousPulls(), Grace: cancelGrace}
	r.work = publisher.Begin(r.outcome.Plan)
	r.outcome.Result = r.work.Result
	return r.work
}

// close ends the reads of the run and closes the image.
func (r *run) close() {
	if r.changes != nil {
		r.changes.stop()
	}
	if found := r.outcome.Found; found != nil && found.Source != nil {
		_ = found.Source.Close() // The source is only read, so an error of Close loses no data.
	}
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
