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

// maxConcurrentProbes is the maximum number of concurrent requests to one registry.
// The requests share one HTTP/2 connection.
const maxConcurrentProbes = 64

// target reads one destination. target sends all requests concurrently.
func (r *Resolver) target(ctx context.Context, t *Target, root *image.Manifest) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return r.tags(ctx, t, root) })
	group.Go(func() error { return r.Prober.probe(ctx, t) })
	if r.pullsEarly(t, root) {
		group.Go(func() error {
			err := r.Puller.Pull(ctx, t.Repo, root)
			t.Pulled = &err // Usually, the error reports that the image is absent.
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return fmt.Errorf("resolving %q: %w", t.Repo, err)
	}
	t.Token = r.Prober.token.known()
	return nil
}

// pullsEarly reports whether the anonymous pull of the root manifest begins while the
// run reads the state of the destination.
func (r *Resolver) pullsEarly(t *Target, root *image.Manifest) bool {
	wanted := r.Prober.Verify == input.VerifyFull && !r.DryRun
	return wanted && t.Home && root != nil && !root.Pending()
}

// tags reads the digests that the tags point at. With verify: none, the run reads these
// digests only if a tag is protected, or if the digests can show that no push is
// necessary. The digests are not needed if the source is in this repository. The digests
// are also not needed if the run writes several tags, because the function "contents"
// then checks by digest whether the destination has the root.
func (r *Resolver) tags(ctx context.Context, t *Target, root *image.Manifest) error {
	pending := root != nil && root.Pending() || root == nil && (r.Compressed || r.Timing == OpenLast)
	protected := slices.ContainsFunc(t.Tags, r.protects)
	if r.verifyNone() && !pending && !protected && !r.ReadTags && (t.HasRoot || len(t.Tags) != 1) {
		return nil
	}
	t.answers = make([]tagged, len(t.Tags))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(maxConcurrentProbes)
	for i, tag := range t.Tags {
		group.Go(func() (err error) {
			if pending && i == 0 { // The function "reuse" compares this manifest with the image.
				t.answers[i].desc, t.answers[i].raw, err = r.registry().Manifest(ctx, t.Repo.Tag(tag))
			} else {
				t.answers[i].desc, err = r.registry().Head(ctx, t.Repo.Tag(tag))
			}
			return registry.IgnoreAbsent(err)
		})
	}
	return group.Wait()
}

// tagged is the manifest that a tag points at. If the tag is absent, tagged is zero.
type tagged struct {
	desc v1.Descriptor
	raw  []byte // raw is nil if only the descriptor was read.
}

// Digest returns the digest that a tag of the target points at. Digest returns false if
// the tag does not exist, or if the run did not read the tag.
func (t *Target) Digest(tag string) (v1.Hash, bool) {
	i := slices.Index(t.Tags, tag)
	if i < 0 || i >= len(t.answers) || t.answers[i].desc.Digest == (v1.Hash{}) {
		return v1.Hash{}, false
	}
	return t.answers[i].desc.Digest, true
}

// learn stores the digests of the tags. learn also stores the parts of the image that
// the source found in the repository of the target.
func (t *Target) learn(root *image.Manifest) {
	t.HasBlobs = map[v1.Hash]bool{}
	t.HasRoot = t.HasRoot || root.In(t.Repo)
	for _, m := range image.Manifests(root) {
		for _, b := range m.Blobs {
			if m.In(t.Repo) && !b.MayBeMissing {
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
