package resolve

import (
	"context"
	"fmt"
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"golang.org/x/sync/errgroup"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/input"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
)

// probes is how many blobs are asked for at a time. They are multiplexed on
// one connection, so that the number costs the server, not us.
const probes = 64

// target reads one destination, all questions at once.
func (r *Resolver) target(ctx context.Context, t *Target, root *image.Manifest) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return r.tags(ctx, t, root) })
	if !r.sparing() {
		group.Go(func() error { return r.preflight(ctx, t) })
	}
	if t.Home && r.scoped() && !r.sparing() {
		group.Go(func() error { r.Token(ctx); return nil })
	}
	if t.Home && (r.Config.Verify == input.VerifyFull || r.Config.Visibility != input.Keep) {
		group.Go(func() error { r.pkg(ctx, t); return nil })
		group.Go(func() error { return r.stranger(ctx, t) })
	}
	if t.Home && r.Pull != nil && root != nil && !root.Pending() {
		group.Go(func() error {
			err := r.Pull(ctx, t.Repo, root)
			t.Pulled = &err // most often: not there yet
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return fmt.Errorf("resolving %q: %w", t.Repo, err)
	}
	t.Token = r.standing.known()
	return nil
}

// tags asks what is tagged now. A sparing run asks only where that can save a
// push, or where a tag must not change: not where the source is this very
// repository, and not for several tags, where the root's digest alone is asked
// for later.
func (r *Resolver) tags(ctx context.Context, t *Target, root *image.Manifest) error {
	pending := root != nil && root.Pending() || root == nil && (r.Config.Compression.Chosen() || r.Ready != nil)
	protected := slices.ContainsFunc(t.Tags, r.protects)
	if r.sparing() && !pending && !protected && (t.HasRoot || len(t.Tags) != 1) {
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
			return registry.IgnoreAbsent(err)
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
			if m.In(t.Repo) && !b.Loose {
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

// preflight asks for the right to push (docs/ghcr.md, Push probe).
func (r *Resolver) preflight(ctx context.Context, t *Target) error {
	err := r.Registry.ProbePush(ctx, t.Repo)
	if registry.IsRefused(err) {
		t.PushRefusal = err
		r.why(ctx, t)
		return nil
	}
	return err
}
