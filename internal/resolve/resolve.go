// Package resolve does every read of a run, before anything is written: it
// opens the source, asks what each destination tag points at now, whether the
// token may push, which blobs are there already, and what GitHub knows of the
// package.
//
// A read that is refused means "absent or hidden", never failure: ghcr.io
// does not tell the two apart, only an upload session decides (GHCR.md §2.6).
package resolve

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"golang.org/x/sync/errgroup"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/input"
	"github.com/ghcr-publish/ghcr-publish/internal/packages"
	"github.com/ghcr-publish/ghcr-publish/internal/plan"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
	"github.com/ghcr-publish/ghcr-publish/internal/source"
)

// probes is how many blobs are asked for at a time. They are multiplexed on
// one connection, so that the number costs the server, not us.
const probes = 64

// Found is the world as it was before the run wrote anything.
type Found struct {
	Source  *source.Source
	Root    *image.Manifest
	Targets []Target
}

// Target is one destination with what both sides of GitHub say of it.
type Target struct {
	plan.Target
	// Home says that it is on the registry that belongs to this GitHub, where
	// packages, visibility and link exist.
	Home bool
	// PushRefusal is why the token may not push; nil if it may, or if nobody
	// asked.
	PushRefusal error
	// Package is GitHub's record, and PackageErr why there is none.
	Package    packages.Package
	PackageErr error
	// Public says that a stranger was let in.
	Public bool
	// Inherits is the visibility a package that this run creates will have;
	// "" where that cannot be known.
	Inherits string
}

// Plan gives package plan its part of what was found.
func (f *Found) Plan() []plan.Target {
	out := make([]plan.Target, len(f.Targets))
	for i, t := range f.Targets {
		out[i] = t.Target
	}
	return out
}

// Resolver is what reading takes.
type Resolver struct {
	Config   *input.Config
	Registry *registry.Client
	Packages *packages.Client
}

// Run reads everything. Tags are the names to be pointed, the same for every
// target.
func (r *Resolver) Run(ctx context.Context, tags []string) (*Found, error) {
	r.Expect()
	src, err := source.Open(ctx, r.Config.Source, source.Options{Remote: r.Registry})
	if err != nil {
		return nil, err
	}
	found := &Found{Source: src, Root: src.Root, Targets: make([]Target, len(r.Config.Images))}
	if err := oversize(found.Root); err != nil {
		return found, err
	}
	group, gctx := errgroup.WithContext(ctx)
	for i, repo := range r.Config.Images {
		t := &found.Targets[i]
		t.Repo, t.Tags, t.Home = repo, tags, r.Config.AtHome(repo)
		group.Go(func() error { return r.target(gctx, t, found.Root) })
	}
	if err := group.Wait(); err != nil {
		return found, err
	}
	if err := r.reuse(ctx, found); err != nil {
		return found, err
	}
	return found, r.blobs(ctx, found)
}

// Expect names all repositories of the run before the first token is asked
// for, so that one token covers them.
func (r *Resolver) Expect() {
	for _, repo := range r.Config.Images {
		r.Registry.Expect(repo, registry.Push)
	}
	if text, ok := strings.CutPrefix(r.Config.Source, "docker://"); ok {
		if ref, err := name.ParseReference(text); err == nil {
			r.Registry.Expect(ref.Context(), registry.Pull)
		}
	}
}

// target reads one destination, all questions at once.
func (r *Resolver) target(ctx context.Context, t *Target, root *image.Manifest) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return r.tags(ctx, t, root) })
	if r.Config.Verify != input.VerifyNone {
		group.Go(func() error { return r.preflight(ctx, t) })
	}
	if t.Home && (r.Config.Verify == input.VerifyFull || r.Config.Visibility != input.Keep) {
		group.Go(func() error { r.pkg(ctx, t); return nil })
		group.Go(func() error { return r.stranger(ctx, t) })
	}
	if err := group.Wait(); err != nil {
		return fmt.Errorf("resolving %q: %w", t.Repo, err)
	}
	return nil
}

// tags asks what is tagged now and whether the root is there, in one flight.
// With verify: none it asks as little as it can: nothing where the source is
// this very repository, the digest alone where there are several tags.
func (r *Resolver) tags(ctx context.Context, t *Target, root *image.Manifest) error {
	t.HasRoot = holds(t.Repo, root)
	sparing := r.Config.Verify == input.VerifyNone && !root.Pending()
	if sparing && t.HasRoot {
		return nil
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(probes)
	answers := make([]v1.Descriptor, len(t.Tags))
	if !sparing || len(t.Tags) == 1 {
		t.Now = map[string]v1.Hash{}
		for i, tag := range t.Tags {
			group.Go(func() (err error) {
				answers[i], err = r.Registry.Head(ctx, t.Repo.Tag(tag))
				return present(err)
			})
		}
	}
	there := t.HasRoot
	if !root.Pending() && !t.HasRoot && (!sparing || len(t.Tags) != 1) {
		group.Go(func() error {
			_, err := r.Registry.Head(ctx, t.Repo.Digest(root.Descriptor.Digest.String()))
			there = err == nil
			return present(err)
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	t.HasRoot = there
	t.learn(answers, root)
	return nil
}

// holds reports whether the image comes from this very repository.
func holds(repo name.Repository, root *image.Manifest) bool {
	blobs := image.Blobs(root)
	return len(blobs) > 0 && slices.ContainsFunc(blobs[0].MountFrom, func(r name.Repository) bool { return r.Name() == repo.Name() })
}

// learn keeps what the tags point at.
func (t *Target) learn(answers []v1.Descriptor, root *image.Manifest) {
	for i, tag := range t.Tags {
		if answers[i].Digest != (v1.Hash{}) {
			t.Now[tag] = answers[i].Digest
			t.HasRoot = t.HasRoot || answers[i].Digest == root.Descriptor.Digest
		}
	}
}

// present takes "absent or hidden" for an answer.
func present(err error) error {
	if registry.IsAbsent(err) {
		return nil
	}
	return err
}

// preflight asks for the right to push (GHCR.md §2.6).
func (r *Resolver) preflight(ctx context.Context, t *Target) error {
	err := r.Registry.ProbePush(ctx, t.Repo)
	if registry.IsRefused(err) {
		t.PushRefusal = err
		return nil
	}
	return err
}

// blobs asks which blobs are there, all targets in one flight.
func (r *Resolver) blobs(ctx context.Context, found *Found) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(probes)
	all := image.Blobs(found.Root)
	answers := make([][]bool, len(found.Targets))
	for i := range found.Targets {
		r.warm(&found.Targets[i], all)
		answers[i] = make([]bool, len(all))
		for j, b := range all {
			if !worthAsking(&found.Targets[i].Target, b) {
				continue
			}
			group.Go(func() (err error) {
				answers[i][j], err = r.Registry.HasBlob(ctx, found.Targets[i].Repo, b.Descriptor.Digest)
				return err
			})
		}
	}
	err := group.Wait()
	for i := range found.Targets {
		found.Targets[i].know(all, answers[i])
	}
	return err
}

// warm opens connections for the bodies that will probably go to a target,
// while its answers are still awaited.
func (r *Resolver) warm(t *Target, all []*image.Blob) {
	n := 0
	for _, b := range all {
		if b.Pending() || worthAsking(&t.Target, b) && b.Descriptor.Size >= registry.BulkSize {
			n++
		}
	}
	if !t.HasRoot && !r.Config.DryRun {
		r.Registry.Warm(t.Repo, n)
	}
}

// worthAsking leaves out what is known already, and what a mount asks and
// answers in one.
func worthAsking(t *plan.Target, b *image.Blob) bool {
	_, mountable := b.MountSource(t.Repo)
	return !t.HasRoot && !b.Pending() && !mountable && !t.HasBlobs[b.Descriptor.Digest]
}

func (t *Target) know(all []*image.Blob, there []bool) {
	if t.HasBlobs == nil {
		t.HasBlobs = map[v1.Hash]bool{}
	}
	for i, b := range all {
		if there[i] {
			t.HasBlobs[b.Descriptor.Digest] = true
		}
	}
}

// maxLayer is ghcr.io's limit for one layer, in bytes (GHCR.md §3.3).
const maxLayer = 10_000_000_000

// oversize finds layers that ghcr.io would refuse after they were sent.
func oversize(root *image.Manifest) error {
	for _, b := range image.Blobs(root) {
		if b.Descriptor.Size > maxLayer {
			return &diag.Error{
				Code: "layer-too-large", Side: diag.Source,
				Title: fmt.Sprintf("Layer %s has %d bytes; ghcr.io takes at most 10 GB a layer", b.Descriptor.Digest, b.Descriptor.Size),
				Hint:  "Split the build step that makes it, so that its files land in several layers.",
			}
		}
	}
	return nil
}
