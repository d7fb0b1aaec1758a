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
	"errors"
	"fmt"
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
	// Pulled is what a stranger's pull of the root met while everything else
	// was asked; nil if none was tried. Where the root was there already it is
	// the proof that is asked for after publishing.
	Pulled *error
	// Inherits is the visibility a package that this run creates will have;
	// "" where that cannot be known.
	Inherits string

	answers []tagged // by tag; nil if nobody asked
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
	// Stamp writes labels and annotations into the image before anything is
	// asked about it; nil where it is to stay as it is.
	Stamp func(context.Context, *image.Manifest) ([]diag.Notice, error)
	// Pull pulls a digest as a stranger; nil if that is not to be tried.
	Pull func(context.Context, name.Repository, v1.Hash) error
	// Source opens what is to be published in the place of the source that
	// Config names; nil opens that. It may ask registries.
	Source func(context.Context) (*source.Source, error)
}

// Run reads everything. Tags are the names to be pointed, the same for every
// target. What was found until an error is returned with it; Source is nil if
// there is none to close.
func (r *Resolver) Run(ctx context.Context, tags []string) (*Found, error) {
	remote := r.Expect()
	found := &Found{Targets: make([]Target, len(r.Config.Images))}
	local := remote == nil && r.Source == nil
	if local { // at once: without a source there is nothing to ask for
		if err := r.open(ctx, found); err != nil {
			return found, err
		}
	}
	root := found.Root // nil while it is read side by side with the targets
	group, gctx := errgroup.WithContext(ctx)
	if !local {
		group.Go(func() error { return r.open(gctx, found) })
	}
	for i, repo := range r.Config.Images {
		t := &found.Targets[i]
		t.Repo, t.Tags, t.Home = repo, tags, r.Config.AtHome(repo)
		t.HasRoot = r.Stamp == nil && remote != nil && remote.Name() == repo.Name()
		group.Go(func() error { return r.target(gctx, t, root) })
	}
	if err := group.Wait(); err != nil {
		return found, err
	}
	for i := range found.Targets {
		found.Targets[i].learn(found.Root)
	}
	if err := r.reuse(ctx, found); err != nil {
		return found, err
	}
	return found, r.contents(ctx, found)
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
	if r.Stamp != nil {
		notices, err := r.Stamp(ctx, src.Root)
		if err != nil {
			return err
		}
		src.Notices = append(src.Notices, notices...)
	}
	return oversize(found.Root)
}

// named opens the source that the user named.
func (r *Resolver) named(ctx context.Context) (*source.Source, error) {
	return source.Open(ctx, r.Config.Source, source.Options{Remote: r.Registry, NoPlatform: r.sparing()})
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

// target reads one destination, all questions at once.
func (r *Resolver) target(ctx context.Context, t *Target, root *image.Manifest) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return r.tags(ctx, t, root) })
	if !r.sparing() {
		group.Go(func() error { return r.preflight(ctx, t) })
	}
	if t.Home && (r.Config.Verify == input.VerifyFull || r.Config.Visibility != input.Keep) {
		group.Go(func() error { r.pkg(ctx, t); return nil })
		group.Go(func() error { return r.stranger(ctx, t) })
	}
	if t.Home && r.Pull != nil && root != nil && !root.Pending() {
		group.Go(func() error {
			err := r.Pull(ctx, t.Repo, root.Descriptor.Digest)
			t.Pulled = &err // most often: not there yet
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return fmt.Errorf("resolving %q: %w", t.Repo, err)
	}
	return nil
}

// tags asks what is tagged now. A sparing run asks only where that can save a
// push: not where the source is this very repository, and not for several
// tags, where the root's digest alone is asked for later.
func (r *Resolver) tags(ctx context.Context, t *Target, root *image.Manifest) error {
	pending := root != nil && root.Pending()
	if r.sparing() && !pending && (t.HasRoot || len(t.Tags) != 1) {
		return nil
	}
	t.answers = make([]tagged, len(t.Tags))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(probes)
	for i, tag := range t.Tags {
		group.Go(func() (err error) {
			if pending && i == 0 { // its manifest is compared with ours
				t.answers[i].desc, t.answers[i].raw, err = r.Registry.Manifest(ctx, t.Repo.Tag(tag))
			} else {
				t.answers[i].desc, err = r.Registry.Head(ctx, t.Repo.Tag(tag))
			}
			return present(err)
		})
	}
	return group.Wait()
}

// tagged is what a tag points at; zero if it is absent.
type tagged struct {
	desc v1.Descriptor
	raw  []byte // the manifest, where it was fetched
}

// learn keeps what the tags point at, and what the source says is there.
func (t *Target) learn(root *image.Manifest) {
	t.HasBlobs = map[v1.Hash]bool{}
	t.HasRoot = t.HasRoot || root.In(t.Repo)
	for _, m := range image.Manifests(root) {
		for _, b := range m.Blobs {
			if m.In(t.Repo) {
				t.HasBlobs[b.Descriptor.Digest] = true
			}
		}
	}
	if t.answers == nil {
		return
	}
	t.Now = map[string]v1.Hash{}
	for i, a := range t.answers {
		if digest := a.desc.Digest; digest != (v1.Hash{}) {
			t.Now[t.Tags[i]] = digest
			t.HasRoot = t.HasRoot || digest == root.Descriptor.Digest
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

// contents asks which of what the image is made of is there already, all
// targets in one flight.
func (r *Resolver) contents(ctx context.Context, found *Found) error {
	if err := r.roots(ctx, found, func(t *Target) bool { return r.sparing() && len(t.Tags) != 1 }); err != nil {
		return err
	}
	group, gctx := errgroup.WithContext(ctx)
	group.SetLimit(probes)
	all := image.Blobs(found.Root)
	answers := make([][]bool, len(found.Targets))
	for i := range found.Targets {
		t := &found.Targets[i]
		r.warm(t, all)
		answers[i] = make([]bool, len(all))
		for j, b := range all {
			if !worthAsking(&t.Target, b) {
				continue
			}
			group.Go(func() (err error) {
				answers[i][j], err = r.Registry.HasBlob(gctx, t.Repo, b.Descriptor.Digest)
				return err
			})
		}
	}
	rooted := r.roots(ctx, found, func(*Target) bool { return !r.sparing() })
	err := group.Wait()
	for i := range found.Targets {
		found.Targets[i].know(all, answers[i])
	}
	return errors.Join(rooted, err)
}

// roots asks for the root by digest where no tag showed that it is there.
func (r *Resolver) roots(ctx context.Context, found *Found, asked func(*Target) bool) error {
	if found.Root.Pending() {
		return nil
	}
	group, ctx := errgroup.WithContext(ctx)
	for i := range found.Targets {
		t := &found.Targets[i]
		if t.HasRoot || !asked(t) {
			continue
		}
		group.Go(func() error {
			_, err := r.Registry.Head(ctx, t.Repo.Digest(found.Root.Descriptor.Digest.String()))
			t.HasRoot = err == nil
			return present(err)
		})
	}
	return group.Wait()
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
