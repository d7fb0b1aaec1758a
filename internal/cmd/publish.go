package cmd

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/input"
	"github.com/ghcr-publish/ghcr-publish/internal/meta"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/plan"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/push"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/resolve"
	"github.com/ghcr-publish/ghcr-publish/internal/report"
	"github.com/ghcr-publish/ghcr-publish/internal/source"
	"github.com/ghcr-publish/ghcr-publish/internal/workflow"
)

// cancelGrace is the time that running tag writes get after a cancel. The runner
// waits 7.5 s before it kills the process (docs/runner.md, Cancellation).
const cancelGrace = 1500 * time.Millisecond

var publishCommand = &command{
	name: input.Publish, argument: "source", run: execute(input.ParsePublish, runPublish),
	short: "Publish an image: source → registry, all tags, link, visibility, proof",
	example: `  ghcr-publish publish image.tar --tags 1.2.3
  ghcr-publish publish oci:build/image --image ghcr.io/acme/web --tags latest --visibility public
  ghcr-publish publish docker://ghcr.io/acme/web:rc1 --tags 1.2.3 --dry-run
  ghcr-publish publish --context . --platforms linux/amd64,linux/arm64
  ghcr-publish publish --content dist/{os}-{arch}/app:/usr/bin/app --entrypoint /usr/bin/app`,
}

// publishing holds the state of one run of publish.
type publishing struct {
	*session
	config *input.Config
	report *report.Report
	names  meta.Result
	// source opens the image to publish. If it is nil, config.Source names the
	// image.
	source func(context.Context) (*source.Source, error)
	// ready checks the destinations before source opens the image. If it is nil,
	// both happen concurrently.
	ready func(*resolve.Found) error
	// tempDir is the temporary folder of a build; empty without a build.
	tempDir string
	// stamped reports that the image from source has its labels and annotations
	// already.
	stamped bool
	// rootOnly limits the verification to the root manifest. The matrix jobs have
	// verified its children.
	rootOnly bool
	// accept checks the image before the plan is made. If it is nil, every image
	// is accepted.
	accept func(*resolve.Found) error
	// attachments finds the manifests to push before the tags move. If it is nil,
	// the image has none.
	attachments func(context.Context, *resolve.Found) ([]attachment, error)
}

func newPublishing(s *session, config *input.Config) *publishing {
	r := &publishing{session: s, config: config, report: report.New(config.Source, runOf(config.GitHub))}
	r.report.ByDigest, r.report.DigestName = config.ByDigest, config.DigestName
	r.source = r.maker()
	if config.Build != nil {
		r.source, r.ready = r.builder(), r.checkBeforeBuild
	}
	return r
}

func runPublish(ctx context.Context, s *session, config *input.Config) error {
	_, err := publish(ctx, s, config)
	return err
}

// publish publishes an image and reports it.
func publish(ctx context.Context, s *session, config *input.Config) (*report.Report, error) {
	run := newPublishing(s, config)
	err := run.show(errors.Join(run.do(ctx), run.removeTemp()))
	return run.report, err
}

// do resolves, plans and publishes the image.
func (r *publishing) do(ctx context.Context) error {
	r.report.Notice(r.config.Notices...)

	names, err := r.name(ctx)
	if err != nil {
		return explainEnd(ctx, err)
	}
	found, err := r.resolver().Run(ctx, names)
	if found.Source != nil {
		defer found.Source.Close() // read only: nothing is lost
		r.report.Tree(found.Root)
		r.report.Notice(found.Source.Notices...)
	}
	if err != nil {
		return explainEnd(ctx, r.explain(err, found))
	}
	if r.accept != nil {
		if err := r.accept(found); err != nil {
			return err
		}
	}
	r.reportNewPackages(found)
	watch, forbidden := r.checkTags(ctx, found)
	steps := plan.New(found.Root, found.Plan())
	if r.config.DryRun {
		return errors.Join(r.dryRun(steps, found), r.listAttachments(ctx, found), forbidden)
	}
	if forbidden != nil {
		return explainEnd(ctx, forbidden)
	}
	if done, err := r.allowed(ctx, steps, found); done || err != nil {
		return err
	}
	if err := r.attach(ctx, found); err != nil {
		return explainEnd(ctx, r.explain(err, found))
	}
	return explainEnd(ctx, r.push(ctx, steps, found, watch))
}

// listAttachments prints the attachments that a real run would push.
func (r *publishing) listAttachments(ctx context.Context, found *resolve.Found) error {
	if r.attachments == nil {
		return nil
	}
	all, err := r.attachments(ctx, found)
	for _, a := range all {
		r.say("would also push %s", a)
	}
	return err
}

// attach finds and pushes the attachments, before the tags move.
func (r *publishing) attach(ctx context.Context, found *resolve.Found) error {
	if r.attachments == nil {
		return nil
	}
	all, err := r.attachments(ctx, found)
	if err != nil {
		return err
	}
	return r.pushAttachments(ctx, all)
}

func (r *publishing) resolver() *resolve.Resolver {
	resolver := &resolve.Resolver{Config: r.config, Registry: r.registry, Packages: r.packages, Source: r.source, Ready: r.ready, Exporters: r.exporters(), Foreign: r.foreign, Pack: r.pack, Protected: r.protects}
	if !r.stamped {
		resolver.Change, resolver.Pull = r.changer(), r.puller()
	}
	return resolver
}

// dryRun reports the plan and the reasons for which a real run would stop.
func (r *publishing) dryRun(steps *plan.Plan, found *resolve.Found) error {
	r.report.Plan(steps)
	for i := range found.Targets {
		t := &found.Targets[i]
		if err := resolve.Guard(r.config, t); err != nil {
			return err
		}
		if t.PushRefusal != nil {
			r.report.Notice(diag.Notice{
				Code: "push-refused", Level: diag.Warning, Title: "This token may not push",
				Text: r.explain(t.PushRefusal, found).Error(),
			})
		}
	}
	r.report.Outcome = report.Planned
	return nil
}

// allowed checks, before the first upload, that the run is allowed to write. It
// returns done if the run ends here without an error.
func (r *publishing) allowed(ctx context.Context, steps *plan.Plan, found *resolve.Found) (done bool, err error) {
	for i := range found.Targets {
		if err := resolve.Guard(r.config, &found.Targets[i]); err != nil {
			return false, err
		}
	}
	if !steps.Writes() {
		return false, nil
	}
	for i := range found.Targets {
		refusal := found.Targets[i].PushRefusal
		if refusal == nil {
			continue
		}
		err := r.explain(refusal, found)
		if !r.mayOnlyRead(err) {
			return false, err
		}
		return r.readOnly(ctx, err, found)
	}
	return false, nil
}

// readOnly handles a token that may not push according to the input on-readonly.
func (r *publishing) readOnly(ctx context.Context, refusal error, found *resolve.Found) (done bool, err error) {
	switch r.config.OnReadOnly {
	case "skip":
		r.report.Outcome, r.report.Why = report.Skipped, "the token may only read. "+refusal.Error()
		return true, nil
	case "archive":
		r.report.Outcome, r.report.Why = report.Skipped, "The token may only read. "+refusal.Error()
		return true, r.archive(ctx, found)
	}
	return false, refusal
}

// push carries out the plan and verifies the result.
func (r *publishing) push(ctx context.Context, steps *plan.Plan, found *resolve.Found, w *tagPolicy) error {
	bar := r.progress(steps)
	publisher := &push.Publisher{Registry: r.registry, Progress: bar, Grace: cancelGrace, Last: w.recheckTags, Contest: w.resolveConflict}
	result, err := publisher.Run(ctx, steps)
	bar.Close()
	if err == nil {
		err = r.refer(ctx, found)
	}
	if err == nil && r.config.Verify != input.VerifyNone {
		err = publisher.Prove(ctx, result, r.checks(found, steps.Writes()))
	}
	r.report.Result(result)
	r.addURLs(found, result)
	if err != nil {
		return r.explain(err, found)
	}
	r.setOutcome(result)
	return r.mismatch()
}

// setOutcome sets the outcome of a run without an error.
func (r *publishing) setOutcome(result *push.Result) {
	r.report.Outcome = report.Unchanged
	if result.Changed() || len(r.report.Along) > 0 {
		r.report.Outcome = report.Published
	}
}

// mismatch compares the visibility of each package with the wanted visibility.
func (r *publishing) mismatch() error {
	for _, i := range r.report.Images {
		var n diag.Notice
		switch i.VisibilityIs {
		case "needs-owner":
			n = diag.Notice{
				Code: "visibility-needs-owner", Title: "The package is " + i.Visibility,
				Text: fmt.Sprintf("%s is %s, and %s was wanted. GitHub has no call that changes it: an owner opens %s → Danger Zone → Change visibility, types the package's name, and confirms.", i.Image, i.Visibility, i.Wanted, i.SettingsURL),
			}
		case "unknown":
			n = diag.Notice{
				Code: "visibility-unknown", Title: "The package's visibility is not known",
				Text: fmt.Sprintf("GitHub's API did not say whether %s is public: %s. See %s.", i.Image, r.unknown[i.Image], i.PackageURL),
			}
		default:
			continue
		}
		if r.config.FailOnMismatch && r.config.Visibility != input.Keep {
			return &diag.Error{Code: n.Code, Side: diag.API, Input: "visibility", Title: n.Title, Hint: n.Text}
		}
		n.Level = diag.Warning
		r.report.Notice(n)
	}
	return nil
}

// show reports the run, also after a failure, and returns the failure.
func (r *publishing) show(err error) error {
	r.report.Fail(err)
	r.wireTotalsInto(r.report)
	text := r.report.Text()
	if !r.workflow.Active() {
		text += r.report.Notes()
	}
	outErr := r.finish(r.report, r.process.Stdout, workflow.Lines(text))
	r.workflow.Artifacts(r.report.Artifacts())
	r.annotateNotices()
	if err != nil {
		return err
	}
	return outErr
}

// annotateNotices shows notices on the page of the run. At a terminal the text
// of the report contains them.
func (r *publishing) annotateNotices() {
	for _, n := range r.report.Notices {
		r.workflow.Annotate(diag.Level(n.Level), n.Title, n.Text)
	}
	if r.report.Outcome == report.Skipped {
		r.workflow.Annotate(diag.Info, "Not published", r.report.Why)
	}
}
