package cmd

import (
	"context"
	"errors"
	"strconv"

	"golang.org/x/sync/errgroup"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/image/compare"
	"github.com/ghcr-publish/ghcr-publish/internal/input"
	"github.com/ghcr-publish/ghcr-publish/internal/inspect"
	"github.com/ghcr-publish/ghcr-publish/internal/pull"
	"github.com/ghcr-publish/ghcr-publish/internal/report"
	"github.com/ghcr-publish/ghcr-publish/internal/source"
	"github.com/ghcr-publish/ghcr-publish/internal/workflow"
)

var diffCommand = &command{
	name: input.Diff, many: true, arguments: "OLD NEW", run: diff,
	short: "Compare two images: sizes, layers, config, attestations, packages",
	long: `diff compares two images in registries or in files: the platforms with their sizes, layers
and base images, the config, the attestations and referrers, and the packages in the SBOMs.
diff reads no layers. diff shows which environment variables changed, but never shows their
values.

With --exit-code, the exit status is 0 if the images are the same, 1 if the images
differ, and 2 after an error.`,
	example: `  ghcr-publish diff ghcr.io/acme/web:1.2.3 ghcr.io/acme/web:1.3.0
  ghcr-publish diff ghcr.io/acme/web:latest image.tar --exit-code
  ghcr-publish diff build/old build/new --json`,
}

// diff runs the command "diff". With --exit-code, the exit code after an error is Trouble,
// because the exit code Failure means that the images differ.
func diff(ctx context.Context, p Process, w *workflow.Workflow, env input.Environment) error {
	err := execute(input.ParseDiff, runDiff)(ctx, p, w, env)
	if err == nil || errors.As(err, new(*exit)) || env.Flag == nil {
		return err
	}
	if exitCode, _ := strconv.ParseBool(env.Flag("exit-code")); exitCode {
		return &exit{Trouble, err}
	}
	return err
}

func runDiff(ctx context.Context, s *session, config *input.DiffConfig) error {
	s.announce()
	run := &diffRun{session: s, config: config, old: side{Compared: config.Old}, new: side{Compared: config.New}}
	defer run.close()
	changes, err := run.compare(ctx)
	if err != nil {
		return readEnd(ctx, err)
	}
	out := report.NewDiff(config.Old.Source, config.New.Source, changes)
	text := workflow.Lines(out.Text())
	if config.JSON {
		if text, err = out.JSON(); err != nil {
			return err
		}
	}
	err = s.finish(out, s.process.Stdout, text)
	if err == nil && config.ExitCode && out.Changed {
		return &exit{Different, nil}
	}
	return err
}

// diffRun holds the state of one run of the command "diff".
type diffRun struct {
	*session
	config   *input.DiffConfig
	old, new side
}

// side is one of the two images.
type side struct {
	input.Compared
	files   *source.Source // files is nil for an image in a registry.
	found   *pull.Found    // found is nil for an image in files.
	content *inspect.Content
}

// close closes the files of both images.
func (r *diffRun) close() {
	for _, s := range []*side{&r.old, &r.new} {
		if s.files != nil {
			_ = s.files.Close() // The source is only read, so an error of Close loses no data.
		}
	}
}

// compare reads both images and compares them.
func (r *diffRun) compare(ctx context.Context) (*compare.Changes, error) {
	if err := r.both(ctx, r.open); err != nil {
		return nil, err
	}
	group, gctx := errgroup.WithContext(ctx)
	group.Go(func() error { return inspect.ReadAll(gctx, r.new.content, []*inspect.Content{r.old.content}) })
	old, now := r.old.listed(), r.new.listed()
	both := old != nil && now != nil // An image in files has no referrers.
	if both {
		group.Go(func() error {
			return r.explainer().Read(inspect.ReadListed(gctx, now, []*inspect.Listed{old}), r.new.Reference)
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	if both {
		r.old.content.AddListed(old)
		r.new.content.AddListed(now)
	}
	return compare.Images(r.old.content.Image(), r.new.content.Image(), compare.Options{}), nil
}

// listed returns an image in a registry without its referrers, or nil for an image in files.
func (s *side) listed() *inspect.Listed {
	if s.found == nil {
		return nil
	}
	return &inspect.Listed{Client: s.found.Client, Repository: s.found.Repository, Digest: s.found.Root.Descriptor.Digest}
}

// both calls a function for both images concurrently.
func (r *diffRun) both(ctx context.Context, do func(context.Context, *side) error) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, s := range []*side{&r.old, &r.new} {
		group.Go(func() error { return do(ctx, s) })
	}
	return group.Wait()
}

// open reads the manifests of one image.
func (r *diffRun) open(ctx context.Context, s *side) error {
	root, err := r.root(ctx, s)
	if err != nil {
		return err
	}
	s.content, err = inspect.NewContent(root)
	return err
}

func (r *diffRun) root(ctx context.Context, s *side) (*image.Manifest, error) {
	if s.Reference == nil {
		files, err := source.Open(ctx, s.Source, source.Options{
			Exporters: r.exporters(), Stdin: r.process.Stdin, Temp: r.process.Getenv("RUNNER_TEMP"),
		})
		if err != nil {
			return nil, err
		}
		s.files = files
		return files.Root, nil
	}
	puller, err := r.puller(s.Reference.Context())
	if err != nil {
		return nil, err
	}
	if s.found, err = puller.Resolve(ctx, pull.Query{Reference: s.Reference}); err != nil {
		return nil, r.explainer().Read(err, s.Reference)
	}
	return s.found.Root, nil
}
