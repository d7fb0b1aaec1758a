package cmd

import (
	"context"
	"errors"
	"runtime"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/attest/proof"
	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/docker"
	"github.com/ghcr-publish/ghcr-publish/internal/input"
	"github.com/ghcr-publish/ghcr-publish/internal/pull"
	"github.com/ghcr-publish/ghcr-publish/internal/report"
	"github.com/ghcr-publish/ghcr-publish/internal/sink"
	"github.com/ghcr-publish/ghcr-publish/internal/workflow"
)

var pullCommand = &command{
	name: input.Pull, run: execute(parsePull, runPull),
	short: "Pull an image into an OCI layout, an archive or the Docker engine, and verify every byte",
	long: `pull downloads an image with all platforms or one platform, and verifies every byte
while it arrives. pull first sends the requests without credentials.

If the destination is a directory, the directory may contain other images. pull does
not download a blob again that the directory contains, and several pulls may write
to the directory at the same time. If the destination is a file, the file gets its
final name only when it is complete. If the destination is the Docker engine, pull
creates no temporary file, and reads the id of the image back.`,
	example: `  ghcr-publish pull ghcr.io/acme/web:1.2.3 images         # into a folder
  ghcr-publish pull ghcr.io/acme/web:1.2.3 docker-daemon: # into the engine
  ghcr-publish pull ghcr.io/acme/web docker-archive:- | podman load
  ghcr-publish pull ghcr.io/acme/web --platform linux/arm64 oci-archive:web.tar
  ghcr-publish pull ghcr.io/acme/web:1.2.3 --verify-only  # writes nothing`,
}

// pullRun holds the state of one run of the command "pull".
type pullRun struct {
	*session
	config *input.PullConfig
	target sink.Target
	engine *docker.Daemon // The field "engine" is nil if the target is not a Docker engine.
	report *report.Pull
}

// pullConfig is the configuration of the command "pull" with the parsed destination.
type pullConfig struct {
	*input.PullConfig
	target sink.Target
}

func parsePull(env input.Environment) (*pullConfig, error) {
	config, err := input.ParsePull(env)
	target, targetErr := destination(config)
	return &pullConfig{config, target}, errors.Join(err, targetErr)
}

func runPull(ctx context.Context, s *session, config *pullConfig) error {
	s.announce()
	run := &pullRun{
		session: s, config: config.PullConfig, target: config.target,
		report: report.NewPull(config.Reference.Name(), runOf(config.GitHub)),
	}
	return run.show(run.do(ctx))
}

// destination parses the destination of the image. In a workflow, destination refuses
// standard output, because the runner executes workflow commands in the log of the
// step.
func destination(c *input.PullConfig) (sink.Target, error) {
	if c.Destination == "" || c.VerifyOnly {
		return sink.Target{}, nil
	}
	target, err := sink.Parse(c.Destination)
	if err == nil && target.Path == sink.Stream && c.GitHub.Active {
		err = diag.Inputf("destination", sink.CodeInvalid, "In a workflow, set the input destination to docker-daemon: to load the image into the Docker engine, or to a file, for example docker-archive:image.tar.",
			"The destination %q is the log of the step", c.Destination)
	}
	return target, err
}

// do resolves and fetches the image.
func (r *pullRun) do(ctx context.Context) (err error) {
	begin := time.Now()
	defer func() {
		r.report.Seconds = time.Since(begin).Round(time.Millisecond).Seconds()
		r.report.Requests = r.registry.Counters.Requests.Load()
	}()
	puller, err := r.puller(r.config.Reference.Context())
	if err != nil {
		return err
	}
	if r.target.Kind == sink.DockerEngine {
		if r.engine, err = docker.New(r.process.Getenv).Connect(ctx); err != nil {
			return readEnd(ctx, sink.RunnerError(err))
		}
	}
	found, err := puller.Resolve(ctx, r.query())
	if err != nil {
		return readEnd(ctx, r.missing(ctx, err, r.config.Reference))
	}
	r.report.Found(found)
	r.report.AnonymousPull = r.anonymousPull(found)
	if err := r.require(ctx, found); err != nil {
		return readEnd(ctx, r.explainer().Read(err, r.config.Reference))
	}
	to, err := sink.Open(ctx, r.target, sink.Image{
		Root: found.Root, Reference: found.Reference, Stream: r.process.stream, Engine: r.engine, Index: found.Index,
	})
	if err != nil {
		return readEnd(ctx, r.explainer().Read(err, r.config.Reference))
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	return readEnd(ctx, r.explainer().Read(r.fetch(ctx, puller, found, to), r.config.Reference))
}

// require checks the attestation that the image must have. An attestation of an index also
// holds for its images, because the index contains their digests.
func (r *pullRun) require(ctx context.Context, found *pull.Found) error {
	if r.config.Require == nil {
		return nil
	}
	of := proof.Image{
		Client: found.Client, Repository: found.Repository, Digest: found.Root.Descriptor.Digest, More: r.packages,
		Single: !found.Root.Descriptor.MediaType.IsIndex(),
	}
	if found.Chosen {
		of.Digest, of.Single = found.Index, false
	}
	got, err := proof.Find(ctx, of, r.config.Require)
	if err == nil {
		r.report.Notice(got.Notice())
	}
	return err
}

// query returns the image to pull. A Docker engine and a docker archive contain one
// image. If the input "platform" is not set, the query selects the image for the
// platform of the engine or of this machine.
func (r *pullRun) query() pull.Query {
	machine := v1.Platform{OS: "linux", Architecture: runtime.GOARCH}
	if runtime.GOOS == "windows" {
		machine.OS = "windows"
	}
	if r.engine != nil {
		machine = r.engine.Platform
	}
	single := r.target.Kind == sink.DockerArchive || r.engine != nil
	return pull.Query{Reference: r.config.Reference, Platform: r.config.Platform, Single: single, DefaultPlatform: machine}
}

// fetch downloads the image and shows the progress.
func (r *pullRun) fetch(ctx context.Context, puller *pull.Puller, found *pull.Found, to *sink.Sink) error {
	bar, detach := r.terminalProgress()
	bar.Label(found.Root)
	puller.Progress = bar.Fetching()
	puller.CheckLayers = r.config.VerifyOnly || r.target.Kind == sink.DockerArchive || r.engine != nil
	result, err := puller.Fetch(ctx, found, to)
	bar.Close()
	detach()
	r.report.Result(result)
	if err != nil {
		return err
	}
	r.report.Placed(to)
	if r.config.VerifyOnly {
		r.report.Outcome = report.Verified
	}
	return nil
}

// show reports a pull that succeeded or failed. After a failure, show returns the
// error of the pull.
func (r *pullRun) show(err error) error {
	r.report.Fail(err)
	out := r.process.Stdout
	if r.target.Path == sink.Stream {
		// Standard output receives the image, so the report goes to standard error.
		out = r.process.Stderr
	}
	outErr := r.finish(r.report, out, workflow.Lines(r.report.Text()))
	if err != nil {
		return err
	}
	return outErr
}
