package cmd

import (
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/input"
	"github.com/ghcr-publish/ghcr-publish/internal/publish"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/resolve"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
	"github.com/ghcr-publish/ghcr-publish/internal/report"
	"github.com/ghcr-publish/ghcr-publish/internal/workflow"
)

var checkCommand = &command{
	name: input.Check, many: true, run: execute(input.ParseCheck, runCheck),
	short: "Check whether publishing would fail, and report the reason",
	long: `check reads from the registry and the API everything that decides whether an image
can be published: token, right to push, package, link and visibility. check changes
nothing and needs no image. check exits with 1 only if publish would fail.`,
	example: `  ghcr-publish check ghcr.io/acme/web
  ghcr-publish check ghcr.io/acme/web --visibility public`,
}

// checkRun holds the state of one run of the command "check".
type checkRun struct {
	*session
	config *input.Config
	prober *resolve.Prober
	report *report.Check

	mu sync.Mutex // mu protects report.Outcome.
}

func runCheck(ctx context.Context, s *session, config *input.Config) error {
	run := &checkRun{
		session: s, config: config, report: report.NewCheck(runOf(config.GitHub)),
		prober: s.prober(config.Visibility),
	}
	return run.show(run.do(ctx))
}

// do sends the requests about all destinations concurrently. do returns the error
// that the command "publish" would return.
func (r *checkRun) do(ctx context.Context) error {
	for _, repo := range r.config.Images {
		r.registry.Expect(repo, registry.Push)
	}
	r.report.Images = make([]report.CheckedImage, len(r.config.Images))
	problems := make([]error, len(r.config.Images))
	var group errgroup.Group
	group.Go(func() error { r.prober.Token(ctx); return nil })
	for i, repo := range r.config.Images {
		group.Go(func() error {
			problems[i] = r.checkImage(ctx, repo, &r.report.Images[i])
			return nil
		})
	}
	_ = group.Wait() // The slice "problems" contains the errors of all goroutines.
	err := errors.Join(problems...)
	r.config.Notices = publish.WithoutRepeated(r.config.Notices, err)
	r.announce()
	r.report.Notice("input", r.config.Notices...)
	r.reportToken(ctx, err)
	if ctx.Err() != nil {
		return explainEnd(ctx, err)
	}
	if err == nil && r.report.Outcome != report.Skipped {
		r.report.Outcome = report.Ready
	}
	return err
}

// reportToken reports the kind and the scopes of the token, the state of the API and the
// clock. The argument "problem" is the error of the run, or nil.
func (r *checkRun) reportToken(ctx context.Context, problem error) {
	if r.config.Token.Empty() {
		r.report.Find(report.Info, "token", "none: %s needs no token", r.config.Images[0].RegistryStr())
		return
	}
	kind := string(r.config.Token.Kind())
	status := r.prober.Token(ctx)
	switch {
	case status == nil:
		r.report.Find(report.Info, "token", "%s from %s", kind, r.config.TokenOrigin)
		r.report.Find(report.Warning, "API", "no: %s did not answer. The command publish works without the API, but it cannot report the visibility and the link", r.config.GitHub.APIURL)
		return
	// The error of the run explains why GitHub refuses the token, so a warning is not
	// necessary.
	case status.Invalid && problem != nil:
		r.report.Find(report.Problem, "token", "%s from %s. GitHub's API refuses it", kind, r.config.TokenOrigin)
	case status.Invalid:
		r.report.Find(report.Warning, "token", "%s from %s. GitHub's API refuses it", kind, r.config.TokenOrigin)
	case status.Scoped:
		r.report.Find(report.OK, "token", "%s from %s with the scopes %q", kind, r.config.TokenOrigin, status.Scopes)
	default:
		r.report.Find(report.OK, "token", "%s from %s. GitHub's API does not report its permissions", kind, r.config.TokenOrigin)
	}
	r.report.Find(report.OK, "API", "yes: %s answers", r.config.GitHub.APIURL)
	r.report.Notice("token", r.explainer().TokenNotices(status)...)
	r.reportClock(status.ServerTime)
}

// maxClockSkew is the largest difference between the clocks of the runner and of
// GitHub. If the difference is larger, certificates and OIDC tokens can be invalid.
const maxClockSkew = time.Minute

func (r *checkRun) reportClock(server time.Time) {
	if server.IsZero() {
		return
	}
	apart := time.Since(server).Round(time.Second)
	if apart.Abs() <= maxClockSkew {
		r.report.Find(report.OK, "clock", "yes: the clock agrees with GitHub's clock")
		return
	}
	r.report.Find(report.Warning, "clock", "no: the clock differs from GitHub's clock by %s, so servers may refuse certificates and tokens. Set the clock with NTP.", apart.Abs())
}

// show reports the findings and returns the error that the command "publish" would
// return.
func (r *checkRun) show(err error) error {
	r.report.Fail(err)
	outErr := r.finish(r.report, r.process.Stdout, workflow.Lines(r.words(r.report.Text())))
	r.warn("", r.report.Findings)
	for _, i := range r.report.Images {
		r.warn(i.Image+": ", i.Findings)
	}
	if err != nil {
		return err
	}
	return outErr
}

// warn annotates the findings that are warnings. The error of the run reports the
// findings that are problems.
func (r *checkRun) warn(where string, findings []report.Finding) {
	for _, f := range findings {
		if f.Mark == report.Warning {
			r.workflow.Annotate(diag.Warning, where+f.Title(), f.Text)
		}
	}
}
