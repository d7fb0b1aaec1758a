package cmd

import (
	"context"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/input"
	"github.com/ghcr-publish/ghcr-publish/internal/inspect"
	"github.com/ghcr-publish/ghcr-publish/internal/pull"
	"github.com/ghcr-publish/ghcr-publish/internal/report"
	"github.com/ghcr-publish/ghcr-publish/internal/source"
	"github.com/ghcr-publish/ghcr-publish/internal/workflow"
)

var inspectCommand = &command{
	name: input.Inspect, run: execute(input.ParseInspect, runInspect),
	short: "Show an image: manifests, configs, platforms, sizes, referrers",
	long: `inspect reads an image in a registry or in files, and describes the image. inspect does not
fetch layers. For an image in a registry, inspect also lists the manifests that
refer to the image, such as signatures, SBOMs and attestations. inspect finds these
manifests with the referrers API or its fallback tag, and with the tags of cosign.`,
	example: `  ghcr-publish inspect ghcr.io/acme/web:1.2.3
  ghcr-publish inspect build/image --platform linux/arm64
  ghcr-publish inspect image.tar --json`,
}

// inspectRun holds the state of one run of the command "inspect".
type inspectRun struct {
	*session
	config *input.InspectConfig
}

func runInspect(ctx context.Context, s *session, config *input.InspectConfig) error {
	s.announce()
	run := &inspectRun{session: s, config: config}
	if config.Digest && config.Reference != nil && config.Platform == nil {
		return run.digest(ctx)
	}
	image, err := run.read(ctx)
	if err != nil {
		return readEnd(ctx, err)
	}
	return run.show(image)
}

// digest prints the digest of the reference. digest sends no other request.
func (r *inspectRun) digest(ctx context.Context) error {
	puller, err := r.puller(r.config.Reference.Context())
	if err != nil {
		return err
	}
	digest, err := puller.Digest(ctx, r.config.Reference)
	if err != nil {
		return readEnd(ctx, r.missing(ctx, err, r.config.Reference))
	}
	r.say("%s", digest)
	return r.workflow.Output("digest", digest.String())
}

// read reads the image from a registry or from files.
func (r *inspectRun) read(ctx context.Context) (*report.Inspect, error) {
	if r.config.Reference == nil {
		return r.readFiles(ctx)
	}
	return r.readRegistry(ctx)
}

func (r *inspectRun) readFiles(ctx context.Context) (*report.Inspect, error) {
	src, err := source.Open(ctx, r.config.Source, source.Options{
		Exporters: r.exporters(), Stdin: r.process.Stdin, Temp: r.process.Getenv("RUNNER_TEMP"),
	})
	if err != nil {
		return nil, err
	}
	defer src.Close() // The source is only read, so an error of Close loses no data.
	root, index := src.Root, ""
	if want := r.config.Platform; want != nil {
		if root, err = pull.Select(r.config.Source, root, *want); err != nil {
			return nil, err
		}
		index = indexDigest(src.Root, root)
	}
	view, err := inspect.Describe(ctx, root)
	if err != nil {
		return nil, err
	}
	out := report.NewInspect(r.config.Source, string(src.Kind), root, view)
	out.Index = index
	out.Notice(src.Notices...)
	return out, nil
}

// indexDigest returns the digest of the index that contains the chosen image. The
// digest is empty if the image was not chosen from an index.
func indexDigest(index, chosen *image.Manifest) string {
	if index == chosen || index.Pending() {
		return ""
	}
	return index.Descriptor.Digest.String()
}

func (r *inspectRun) readRegistry(ctx context.Context) (*report.Inspect, error) {
	ref := r.config.Reference
	puller, err := r.puller(ref.Context())
	if err != nil {
		return nil, err
	}
	found, err := puller.Resolve(ctx, pull.Query{Reference: ref, Platform: r.config.Platform})
	if err != nil {
		return nil, r.missing(ctx, err, ref)
	}
	view, err := inspect.Describe(ctx, found.Root)
	if err != nil {
		return nil, r.explainer().Read(err, ref)
	}
	out := report.NewInspect(ref.Name(), string(source.Registry), found.Root, view)
	out.Image, out.AnonymousPull = found.Repository.Name(), r.anonymousPull(found)
	if found.Chosen {
		out.Index = found.Index.String()
	}
	referrers, err := inspect.Referrers(ctx, found.Client, found.Repository, found.Root.Descriptor.Digest)
	if err != nil {
		return nil, r.explainer().Read(err, ref)
	}
	out.Referrers = append(out.Referrers, referrers...)
	return out, nil
}

// show prints the image in the form that the inputs select.
func (r *inspectRun) show(out *report.Inspect) error {
	text := workflow.Lines(out.Text())
	if r.config.Digest {
		text = out.Digest + "\n"
	}
	if r.config.JSON {
		var err error
		if text, err = out.JSON(); err != nil {
			return err
		}
	}
	return r.finish(out, r.process.Stdout, text)
}
