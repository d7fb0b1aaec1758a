package cmd

import (
	"context"
	"fmt"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/input"
	"github.com/ghcr-publish/ghcr-publish/internal/publish"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/pushed"
	"github.com/ghcr-publish/ghcr-publish/internal/report"
	"github.com/ghcr-publish/ghcr-publish/internal/workflow"
)

var publishCommand = &command{
	name: input.Publish, run: execute(parsePublish, runPublish), post: postGate,
	short: "Publish an image: push it, tag it, link it, and verify the result",
	example: `  ghcr-publish publish image.tar --tags 1.2.3
  ghcr-publish publish --context . --platforms linux/amd64,linux/arm64
  ghcr-publish publish docker://ghcr.io/acme/web:rc1 --tags 1.2.3 --dry-run
  ghcr-publish publish oci:build/image --tags latest --visibility public
  ghcr-publish publish --content dist/{platform}/app:/app --entrypoint /app`,
}

func runPublish(ctx context.Context, s *session, config *publishConfig) error {
	r := newReport(config.Config)
	s.rules = config.rules
	if len(config.Sources) == 0 {
		return s.publish(ctx, s.request(config.Config), r)
	}
	images, err := s.releaseImages(ctx, config.Config)
	if err != nil {
		useSourcesWords(err)
		return s.finishPublish(r, err)
	}
	return s.release(ctx, &publish.Release{Images: images, Together: true}, r)
}

func newReport(config *input.Config) *report.Report {
	r := report.New(string(config.Command), sourceText(config), runOf(config.GitHub))
	r.ByDigest, r.DigestName = config.ByDigest, config.DigestName
	return r
}

// request returns the request of the command "publish". The commands "merge" and "promote"
// change some fields of this request.
func (s *session) request(config *input.Config) *publish.Request {
	return &publish.Request{
		Source: s.source(config), Attachments: publish.NoAttachments{}, Proof: publish.NoProof{}, Gate: s.gate(config),
		Destinations: config.Images, Naming: config.Naming, ByDigest: config.ByDigest,
		Changes: publish.Changes{
			Platforms: config.Platforms, LinkTo: config.LinkTo, Strip: config.Strip, Legacy: config.Legacy,
			Compression: config.Compression, PushForeign: config.PushForeign,
		},
		IfPublished:   config.IfPublished,
		Tags:          publish.TagPolicy{Overwrite: config.Overwrite, Monotonic: config.Monotonic, OnlyNewer: config.OnlyNewer},
		Losses:        publish.LossPolicy{OnLoss: config.OnLoss, Limit: config.SizeLimit},
		Visibility:    publish.VisibilityPolicy{Want: config.Visibility, FailOnMismatch: config.FailOnMismatch},
		Verify:        publish.Verify{Level: config.Verify},
		OnReadOnly:    config.OnReadOnly,
		ArchiveFolder: s.process.Getenv("RUNNER_TEMP"),
		Attestation:   publish.AttestPolicy{Attestation: config.Attestation, Sleep: s.process.Sleep},
		DryRun:        config.DryRun,
	}
}

// publish executes a request and writes its report.
func (s *session) publish(ctx context.Context, request *publish.Request, r *report.Report) error {
	return s.release(ctx, &publish.Release{Images: []*publish.Request{request}}, r)
}

// release executes the requests of one or several images and writes their report.
func (s *session) release(ctx context.Context, images *publish.Release, r *report.Report) error {
	outcomes, err := s.pipeline().Release(ctx, images)
	err = explainEnd(ctx, err)
	if images.Together {
		useSourcesWords(err)
	}
	for _, o := range outcomes {
		if !o.DryRun {
			continue
		}
		for _, a := range o.Attached {
			s.say("The run would also push %s", a)
		}
	}
	r.Fill(outcomes, images.Images[0].Visibility.Want)
	s.writeBundles(r, outcomes)
	if err == nil {
		s.cleanPublished(ctx, outcomes, s.rules, r)
	}
	return s.finishPublish(r, err)
}

func (s *session) pipeline() *publish.Pipeline {
	return &publish.Pipeline{
		Config: s.config, Registry: s.registry, GitHub: s.packages, Web: s.network,
		Namer: s.namer(), Observer: observer{s}, Pushed: pushed.In(s.process.Getenv("RUNNER_TEMP")),
	}
}

// finishPublish writes the report of a run that succeeded or failed. After a failure,
// finishPublish returns the error of the run.
func (s *session) finishPublish(r *report.Report, err error) error {
	s.addTransfer(r)
	if r.Fail(err); err == nil {
		err = s.writeResultFiles(r)
		r.Fail(err)
	}
	outErr := s.finish(r, s.process.Stdout, workflow.Lines(s.words(r.Text())))
	s.sayUnwritten(r)
	s.showDetails(r)
	s.workflow.Artifacts(r.Artifacts())
	s.annotateNotices(r)
	if err != nil {
		return err
	}
	return outErr
}

// addTransfer adds the number of requests and the transferred bytes to the report.
func (s *session) addTransfer(r *report.Report) {
	m := s.registry.Counters
	r.Transfer.Requests, r.Transfer.Retries, r.Transfer.BytesSent = m.Requests.Load(), m.Retries.Load(), m.BytesSent.Load()
	r.Transfer.RequestIDs = s.tracer.requestIDs()
}

// showDetails prints the details as a group of the log. At a terminal, showDetails
// then prints the notices.
func (s *session) showDetails(r *report.Report) {
	if title, body := r.Details(); body != "" {
		end := s.workflow.Group(title)
		fmt.Fprint(s.process.Stdout, workflow.Lines(body))
		end()
	}
	if !s.workflow.Active() {
		fmt.Fprint(s.process.Stdout, workflow.Lines(s.words(r.NoticeText())))
	}
}

// annotateNotices shows the notices, and the reason why the run skipped the push, on the
// page of the workflow run.
func (s *session) annotateNotices(r *report.Report) {
	for _, n := range r.Notices {
		s.workflow.Annotate(diag.Level(n.Level), n.Title, n.Text)
	}
	if m, skipped := r.Annotation(); skipped {
		s.workflow.Annotate(diag.Level(m.Level), m.Title, m.Text)
	}
}
