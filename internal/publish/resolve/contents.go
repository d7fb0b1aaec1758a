package resolve

import (
	"context"
	"errors"
	"fmt"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"golang.org/x/sync/errgroup"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/plan"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
)

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
			return registry.IgnoreAbsent(err)
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
		r.Registry.Preconnect(t.Repo, n)
	}
}

// worthAsking leaves out what is known already, and what a mount asks and
// answers in one.
func worthAsking(t *plan.Target, b *image.Blob) bool {
	_, mountable := b.MountSource(t.Repo)
	return (!t.HasRoot || b.Loose) && !b.Pending() && !mountable && !t.HasBlobs[b.Descriptor.Digest]
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

// maxLayer is ghcr.io's limit for one layer, in bytes (docs/ghcr.md, Blob upload).
const maxLayer = 10_000_000_000

// heavy is the size, in bytes, from which a layer needs more than 5 MB/s to be
// sent within ghcr.io's time for one upload.
const heavy = 3_000_000_000

// slow names layers that a slow connection will not get through in time.
func slow(root *image.Manifest) []diag.Notice {
	var out []diag.Notice
	for _, b := range image.Blobs(root) {
		if size := b.Descriptor.Size; size > heavy && size <= maxLayer {
			out = append(out, diag.Notice{
				Code: "layer-heavy", Level: diag.Warning, Title: "A large layer",
				Text: fmt.Sprintf("Layer %s has %.1f GB. ghcr.io ends an upload after 10 minutes, so it needs %.0f MB/s; if it breaks off, split the build step that makes it.",
					b.Descriptor.Digest, float64(size)/1e9, float64(size)/1e6/registry.UploadLimit.Seconds()),
			})
		}
	}
	return out
}

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
