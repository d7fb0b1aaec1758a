// Package resolve does every read of a run, before anything is written: it
// opens the source, asks what each destination tag points at now, whether the
// token may push, which blobs are there already, and what GitHub knows of the
// package.
//
// A read that is refused means "absent or hidden", never failure: ghcr.io does
// not tell the two apart, only an upload session decides (docs/ghcr.md, Push
// probe).
package resolve

import (
	"context"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	"golang.org/x/sync/errgroup"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/github"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/input"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
	"github.com/ghcr-publish/ghcr-publish/internal/source"
)

// Resolver is what reading takes.
type Resolver struct {
	Config   *input.Config
	Registry *registry.Client
	Packages *github.Client
	// Change makes another image of the source's, with labels or other
	// compression, before anything is asked about it; nil where it is to stay
	// as it is.
	Change func(context.Context, *image.Manifest) ([]diag.Notice, error)
	// Pack takes the place of Change for an image whose store keeps layers
	// plain, and compresses them, where Change would leave them.
	Pack func(context.Context, *image.Manifest) ([]diag.Notice, error)
	// Protected reports tags that must not be pointed elsewhere; nil for none.
	Protected func(tag string) bool
	// Foreign decides which layers that may be fetched from elsewhere are
	// pushed; nil leaves that to the source.
	Foreign func(*image.Manifest)
	// Pull pulls an image as a stranger; nil if that is not to be tried.
	Pull func(context.Context, name.Repository, *image.Manifest) error
	// Source opens what is to be published in the place of the source that
	// Config names; nil opens that. It may ask registries.
	Source func(context.Context) (*source.Source, error)
	// Exporters are the stores that sources may be in besides files and
	// registries.
	Exporters map[source.Kind]source.Exporter
	// Ready is asked once all destinations were read, and before the source
	// is opened, where opening costs much, as a build does; its error ends the
	// run. Nil where sources are opened first, or side by side.
	Ready func(*Found) error

	standing standing
}

// Run reads everything. Tags are the names to be pointed, the same for every
// target. What was found until an error is returned with it; Source is nil if
// there is none to close.
func (r *Resolver) Run(ctx context.Context, tags []string) (*Found, error) {
	remote := r.Expect()
	found := &Found{Targets: make([]Target, len(r.Config.Images))}
	late := r.Ready != nil
	local := remote == nil && r.Source == nil && !late
	if local { // at once: without a source there is nothing to ask for
		if err := r.open(ctx, found); err != nil {
			return found, err
		}
	}
	root := found.Root // nil while it is read side by side with the targets
	group, gctx := errgroup.WithContext(ctx)
	if !local && !late {
		group.Go(func() error { return r.open(gctx, found) })
	}
	for i, repo := range r.Config.Images {
		t := &found.Targets[i]
		t.Repo, t.Tags, t.Home = repo, tags, r.Config.AtHome(repo)
		t.HasRoot = r.Change == nil && remote != nil && remote.Name() == repo.Name()
		group.Go(func() error { return r.target(gctx, t, root) })
	}
	if err := group.Wait(); err != nil {
		return found, err
	}
	if late {
		if err := r.Ready(found); err != nil {
			return found, err
		}
		if err := r.open(ctx, found); err != nil {
			return found, err
		}
	}
	for i := range found.Targets {
		found.Targets[i].learn(found.Root)
	}
	if err := r.reuse(ctx, found); err != nil {
		return found, err
	}
	if err := r.contents(ctx, found); err != nil {
		return found, err
	}
	return found, r.mounts(ctx, found)
}

func (r *Resolver) open(ctx context.Context, found *Found) error {
	openSource := r.Source
	if openSource == nil {
		openSource = r.named
	}
	src, err := openSource(ctx)
	if err != nil {
		return err
	}
	found.Source, found.Root = src, src.Root
	if change := r.changeFor(src); change != nil {
		notices, err := change(ctx, src.Root)
		if err != nil {
			return err
		}
		src.Notices = append(src.Notices, notices...)
	}
	if r.Foreign != nil {
		r.Foreign(src.Root)
	}
	src.Notices = append(src.Notices, slow(src.Root)...)
	return oversize(found.Root)
}

// changeFor is what is done to the image before it is published; nil for
// nothing.
func (r *Resolver) changeFor(src *source.Source) func(context.Context, *image.Manifest) ([]diag.Notice, error) {
	if src.HasPlainLayers && r.Pack != nil && !r.Config.Compression.Chosen() {
		return r.Pack
	}
	return r.Change
}

// named opens the source that the user named.
func (r *Resolver) named(ctx context.Context) (*source.Source, error) {
	return source.Open(ctx, r.Config.Source, source.Options{Remote: r.Registry, Exporters: r.Exporters, SkipPlatform: r.sparing()})
}

// sparing says that nothing is asked for but what pushing needs.
func (r *Resolver) sparing() bool { return r.Config.Verify == input.VerifyNone }

// Expect names all repositories of the run before the first token is asked
// for, so that one token covers them. It returns the one that the source is
// in, if it is in a registry.
func (r *Resolver) Expect() *name.Repository {
	for _, repo := range r.Config.Images {
		r.Registry.Expect(repo, registry.Push)
	}
	text, ok := strings.CutPrefix(r.Config.Source, "docker://")
	if !ok {
		return nil
	}
	ref, err := name.ParseReference(text)
	if err != nil {
		return nil // opening the source says what is wrong with it
	}
	repo := ref.Context()
	r.Registry.Expect(repo, registry.Pull)
	return &repo
}
