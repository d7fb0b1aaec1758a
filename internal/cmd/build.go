package cmd

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/ghcr-publish/ghcr-publish/internal/publish/resolve"
	"github.com/ghcr-publish/ghcr-publish/internal/source"
	"github.com/ghcr-publish/ghcr-publish/internal/source/dockerfile"
	"github.com/ghcr-publish/ghcr-publish/internal/workflow"
)

// builder returns a function that builds an image and opens it. The builder
// writes to a temporary folder, which removeTemp removes.
func (r *publishing) builder() func(context.Context) (*source.Source, error) {
	return func(ctx context.Context) (*source.Source, error) {
		dir, err := os.MkdirTemp(r.process.Getenv("RUNNER_TEMP"), "ghcr-publish-build-")
		if err != nil {
			return nil, fmt.Errorf("making a folder for the build: %w", err)
		}
		r.tempDir = dir
		text, err := r.build(ctx, dir)
		if err != nil {
			return nil, err
		}
		return source.Open(ctx, text, source.Options{Exporters: r.exporters()})
	}
}

// build runs the builder. A workflow log shows its output in a group.
func (r *publishing) build(ctx context.Context, dir string) (text string, err error) {
	out := r.process.Stderr
	if r.workflow.Active() {
		out = r.process.Stdout
	}
	log := workflow.NewTranscript(out)
	end := r.workflow.Group("Build")
	defer end()
	defer func() { err = errors.Join(err, log.Close()) }()
	m := &dockerfile.Machine{Environ: r.process.environ(), Temp: dir, Log: dockerfile.Log{Writer: log}}
	return dockerfile.Run(ctx, m, r.request())
}

// request returns the request to the builder, with the labels of this run.
func (r *publishing) request() *dockerfile.Request {
	b := r.config.Build
	q := &dockerfile.Request{
		Context: b.Context, File: b.File, Target: b.Target, Args: b.Args, Platforms: b.Platforms,
		Builder: b.Builder, CacheFrom: b.CacheFrom, CacheTo: b.CacheTo,
	}
	for _, s := range b.Secrets {
		q.Secrets = append(q.Secrets, dockerfile.Secret{ID: s.ID, Value: s.Value})
	}
	kept := r.lasting(r.names.Labels)
	for _, l := range r.names.Labels {
		if value, ok := kept[l.Key]; ok {
			q.Labels = append(q.Labels, l.Key+"="+value)
		}
	}
	return q
}

// checkBeforeBuild returns an error if the image could not be published after
// the build. A token that may only read is an error only with on-readonly:
// fail; otherwise the run builds the image to test the build.
func (r *publishing) checkBeforeBuild(found *resolve.Found) error {
	if r.config.DryRun {
		return nil
	}
	for i := range found.Targets {
		t := &found.Targets[i]
		if err := resolve.Guard(r.config, t); err != nil {
			return err
		}
		if t.PushRefusal != nil && r.config.OnReadOnly == "fail" {
			return r.explain(t.PushRefusal, found)
		}
	}
	return nil
}

// removeTemp removes the temporary folder of a build.
func (r *publishing) removeTemp() error {
	if r.tempDir == "" {
		return nil
	}
	return os.RemoveAll(r.tempDir)
}
