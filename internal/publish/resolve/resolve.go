// Package resolve reads all facts that a run needs before the run writes. The package
// opens the image of the source, reads the tags, and finds the blobs that each
// destination has. Package resolve also reads GitHub's record of the package and
// checks the right to push.
//
// If a registry refuses a read, the content is absent or hidden. ghcr.io does not
// distinguish absent content from hidden content, so this package does not treat a
// refusal of a read as an error. Only an upload session shows whether the token may
// push (docs/ghcr.md, Push probe).
package resolve

import (
	"context"

	"github.com/google/go-containerregistry/pkg/name"
	"golang.org/x/sync/errgroup"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/input"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/protect"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/pushed"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
	"github.com/ghcr-publish/ghcr-publish/internal/source"
)

// Source opens the image to publish.
type Source interface {
	// Open opens the image and makes all changes that the user wants. Open may read
	// from registries.
	Open(context.Context) (*source.Source, error)
}

// Timing is the time at which a source is opened.
type Timing int

// The timings.
const (
	// OpenFirst is for a source on this machine. If the source contains no image,
	// the run sends no request to a registry.
	OpenFirst Timing = iota
	// OpenConcurrently is for a source that reads a registry. The run opens such a
	// source while it reads the destinations.
	OpenConcurrently
	// OpenLast is for a source that is expensive to open, such as a build. The caller
	// first accepts the destinations. The caller then calls Open to open the source.
	OpenLast
)

// Puller pulls an image without credentials.
type Puller interface {
	Pull(ctx context.Context, repo name.Repository, root *image.Manifest) error
}

// Request is the image and the destinations of a run.
type Request struct {
	Destinations []name.Repository
	// Tags are the tags that will point at the image. All destinations get the same
	// tags.
	Tags   []string
	Source Source
	Timing Timing
	// Origin is the repository that has the image. Origin is set only if the run
	// publishes an image from a registry without a change.
	Origin *name.Repository
	// Compressed is true if the run may compress layers of the image before the
	// upload. The digest of the image is unknown until these layers are compressed.
	Compressed bool
	Overwrite  input.Overwrite
	// ReadTags is true if the run must know the digests of all tags, also with verify:
	// none.
	ReadTags bool
	DryRun   bool
}

// Resolver reads the source and the destinations of one run.
type Resolver struct {
	Request
	Prober *Prober
	// Puller pulls the image from a destination while the run reads the destination.
	// If the destination already has the image, a run with verify: full needs no
	// second pull.
	Puller Puller
	// Pushed contains the layers that earlier runs of the job pushed.
	Pushed pushed.Record
}

// Destinations reads the destinations. Destinations also opens the source, unless the
// timing of the source is OpenLast. The result is never nil. If Destinations returns
// an error, the result contains all facts that were read before the error.
func (r *Resolver) Destinations(ctx context.Context) (*Found, error) {
	found := &Found{Targets: make([]Target, len(r.Request.Destinations))}
	if r.Timing == OpenFirst {
		if err := r.Open(ctx, found); err != nil {
			return found, err
		}
	}
	root := found.Root // The root is nil if the source is opened concurrently.
	group, gctx := errgroup.WithContext(ctx)
	if r.Timing == OpenConcurrently {
		group.Go(func() error { return r.Open(gctx, found) })
	}
	for i, repo := range r.Request.Destinations {
		t := &found.Targets[i]
		t.Repo, t.Tags, t.Home = repo, r.Tags, r.Prober.Config.AtHome(repo)
		t.HasRoot = r.Origin != nil && r.Origin.Name() == repo.Name()
		group.Go(func() error { return r.target(gctx, t, root) })
	}
	return found, group.Wait()
}

// Open opens the source.
func (r *Resolver) Open(ctx context.Context, found *Found) error {
	src, err := r.Source.Open(ctx)
	if err != nil {
		return err
	}
	found.Source, found.Root = src, src.Root
	r.expectPushed(found)
	src.Notices = append(src.Notices, slow(src.Root)...)
	return oversize(src.Root)
}

// Contents finds the parts of the image that the destinations have. Contents also
// finds the parts that the destinations can mount from another repository. The caller
// must open the source before it calls Contents.
func (r *Resolver) Contents(ctx context.Context, found *Found) error {
	for i := range found.Targets {
		found.Targets[i].learn(found.Root)
	}
	if err := r.reuse(ctx, found); err != nil {
		return err
	}
	if err := r.contents(ctx, found); err != nil {
		return err
	}
	if err := r.absent(ctx, found); err != nil {
		return err
	}
	return r.mounts(ctx, found)
}

// verifyNone reports whether the run reads only the facts that a push needs.
func (r *Resolver) verifyNone() bool { return r.Prober.Verify == input.VerifyNone }

// protects reports whether a tag that exists must keep its digest.
func (r *Resolver) protects(tag string) bool { return protect.Forbids(r.Overwrite, tag, false) }

// registry returns the client that reads from registries.
func (r *Resolver) registry() *registry.Client { return r.Prober.Registry }
