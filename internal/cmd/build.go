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

// builder has an image built and opens it. What the builder writes lies in a
// folder of this run, which goes with it.
func (r *publishing) builder() func(context.Context) (*source.Source, error) {
	return func(ctx context.Context) (*source.Source, error) {
		dir, err := os.MkdirTemp(r.process.Getenv("RUNNER_TEMP"), "ghcr-publish-build-")
		if err != nil {
			return nil, fmt.Errorf("making a folder for the build: %w", err)
		}
		r.remove = dir
		text, err := r.build(ctx, dir)
		if err != nil {
			return nil, err
		}
		return source.Open(ctx, text, source.Options{Exporters: r.exporters()})
	}
}

// build runs the builder; what it says goes into a fold of the log.
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

// request is the build in the builder's words, with the labels of this run.
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

// mayBuild stops a run before its build if nothing could come of it. A token
// that may only read is no reason where that is to be skipped: the build is
// what such a run is for.
func (r *publishing) mayBuild(found *resolve.Found) error {
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

// tidy takes away what a build left.
func (r *publishing) tidy() error {
	if r.remove == "" {
		return nil
	}
	return os.RemoveAll(r.remove)
}
