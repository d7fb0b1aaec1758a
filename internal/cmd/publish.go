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

// grace is how long tag writes under way may take after a cancel. The runner
// allows 7.5 s before it gets rough (docs/runner.md, Cancellation); we promise two.
const grace = 1500 * time.Millisecond

var publishCommand = &command{
	name: input.Publish, argument: "source", run: execute(input.ParsePublish, runPublish),
	short: "Publish an image: source → registry, all tags, link, visibility, proof",
	example: `  ghcr-publish publish image.tar --tags 1.2.3
  ghcr-publish publish oci:build/image --image ghcr.io/acme/web --tags latest --visibility public
  ghcr-publish publish docker://ghcr.io/acme/web:rc1 --tags 1.2.3 --dry-run
  ghcr-publish publish --context . --platforms linux/amd64,linux/arm64
  ghcr-publish publish --content dist/{os}-{arch}/app:/usr/bin/app --entrypoint /usr/bin/app`,
}

// publishing is one run of publish.
type publishing struct {
	*session
	config *input.Config
	report *report.Report
	names  meta.Result
	// source opens what is published in the place of config.Source; nil opens
	// that.
	source func(context.Context) (*source.Source, error)
	// ready is asked before source opens; nil lets both go side by side.
	ready func(*resolve.Found) error
	// remove is a folder that goes with the run; "" for none.
	remove string
	// stamped says that labels and annotations are in what source opens.
	stamped bool
	// shallow leaves the proof of what is below the root to those who pushed
	// it.
	shallow bool
	// accept judges what was found before anything is planned; nil accepts it.
	accept func(*resolve.Found) error
	// along finds what goes to the registry before the image does; nil finds
	// nothing.
	along func(context.Context, *resolve.Found) ([]accessory, error)
}

func newPublishing(s *session, config *input.Config) *publishing {
	r := &publishing{session: s, config: config, report: report.New(config.Source, runOf(config.GitHub))}
	r.report.ByDigest, r.report.Leg = config.ByDigest, config.Leg
	r.source = r.maker()
	if config.Build != nil {
		r.source, r.ready = r.builder(), r.mayBuild
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
	err := run.show(errors.Join(run.do(ctx), run.tidy()))
	return run.report, err
}

// do is everything between parse and report.
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
	r.describe(found)
	watch, forbidden := r.guardTags(ctx, found)
	steps := plan.New(found.Root, found.Plan())
	if r.config.DryRun {
		return errors.Join(r.dryRun(steps, found), r.foretell(ctx, found), forbidden)
	}
	if forbidden != nil {
		return explainEnd(ctx, forbidden)
	}
	if done, err := r.allowed(ctx, steps, found); done || err != nil {
		return err
	}
	if err := r.bringAlong(ctx, found); err != nil {
		return explainEnd(ctx, r.explain(err, found))
	}
	return explainEnd(ctx, r.carryOut(ctx, steps, found, watch))
}

// foretell names what would go along with the image.
func (r *publishing) foretell(ctx context.Context, found *resolve.Found) error {
	if r.along == nil {
		return nil
	}
	all, err := r.along(ctx, found)
	for _, a := range all {
		r.say("would go along: %s", a)
	}
	return err
}

// bringAlong brings what goes along with the image, before its tags move.
func (r *publishing) bringAlong(ctx context.Context, found *resolve.Found) error {
	if r.along == nil {
		return nil
	}
	all, err := r.along(ctx, found)
	if err != nil {
		return err
	}
	return r.carry(ctx, all)
}

func (r *publishing) resolver() *resolve.Resolver {
	resolver := &resolve.Resolver{Config: r.config, Registry: r.registry, Packages: r.packages, Source: r.source, Ready: r.ready, Exporters: r.exporters(), Foreign: r.foreign, Pack: r.pack, Protected: r.protects}
	if !r.stamped {
		resolver.Change, resolver.Pull = r.changer(), r.puller()
	}
	return resolver
}

// dryRun reports the plan, and what would stop it.
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

// allowed stops a run that must not, or may not, write: before the first
// upload. done says that there is nothing more to do.
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

// readOnly deals with a token that may not push, as on-readonly says.
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

// carryOut writes, and proves what was written.
func (r *publishing) carryOut(ctx context.Context, steps *plan.Plan, found *resolve.Found, w *watch) error {
	bar := r.progress(steps)
	publisher := &push.Publisher{Registry: r.registry, Progress: bar, Grace: grace, Last: w.last, Contest: w.contest}
	result, err := publisher.Run(ctx, steps)
	bar.Close()
	if err == nil {
		err = r.refer(ctx, found)
	}
	if err == nil && r.config.Verify != input.VerifyNone {
		err = publisher.Prove(ctx, result, r.checks(found, steps.Writes()))
	}
	r.report.Result(result)
	r.decorate(found, result)
	if err != nil {
		return r.explain(err, found)
	}
	r.conclude(result)
	return r.mismatch()
}

// conclude sets the outcome of a run in which nothing failed.
func (r *publishing) conclude(result *push.Result) {
	r.report.Outcome = report.Unchanged
	if result.Changed() || len(r.report.Along) > 0 {
		r.report.Outcome = report.Published
	}
}

// mismatch judges the visibility that was found against the one wanted.
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
