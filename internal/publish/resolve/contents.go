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

// contents asks the registry which manifests and blobs of the image each target has.
// contents sends the requests for all targets concurrently.
func (r *Resolver) contents(ctx context.Context, found *Found) error {
	if err := r.roots(ctx, found, func(t *Target) bool { return r.verifyNone() && len(t.Tags) != 1 }); err != nil {
		return err
	}
	group, gctx := errgroup.WithContext(ctx)
	group.SetLimit(maxConcurrentProbes)
	all := image.Blobs(found.Root)
	answers := make([][]bool, len(found.Targets))
	for i := range found.Targets {
		t := &found.Targets[i]
		r.preconnect(t, all)
		if i == 0 {
			r.openUploads(ctx, t, all)
		}
		answers[i] = make([]bool, len(all))
		for j, b := range all {
			if !worthAsking(&t.Target, b) {
				continue
			}
			group.Go(func() (err error) {
				answers[i][j], err = r.registry().HasBlob(gctx, t.Repo, b.Descriptor.Digest)
				return err
			})
		}
	}
	rooted := r.roots(ctx, found, func(*Target) bool { return !r.verifyNone() })
	err := group.Wait()
	for i := range found.Targets {
		found.Targets[i].addBlobs(all, answers[i])
	}
	return errors.Join(rooted, err)
}

// roots checks by digest whether each target has the root. roots skips a target if the
// function "asked" returns false for the target. roots also skips a target that is known
// to have the root.
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
			_, err := r.registry().Head(ctx, t.Repo.Digest(found.Root.Descriptor.Digest.String()))
			t.HasRoot = err == nil
			return registry.IgnoreAbsent(err)
		})
	}
	return group.Wait()
}

// preconnect opens connections for the blobs that the run will probably upload to
// a target. The connections open while the run waits for the responses of the target.
func (r *Resolver) preconnect(t *Target, all []*image.Blob) {
	n := 0
	for _, b := range all {
		if b.Pending() || worthAsking(&t.Target, b) && b.Descriptor.Size >= registry.BulkSize {
			n++
		}
	}
	if !t.HasRoot && !r.DryRun {
		r.registry().Preconnect(t.Repo, n)
	}
}

// openUploads opens upload sessions while the registry checks which blobs it has.
// openUploads opens sessions only if the repository is probably new. For a new
// repository, the run found no tag, and GitHub has no record of the package. Another
// repository can have most blobs already, so that most sessions would stay unused. A
// further target mounts the blobs of the first target.
func (r *Resolver) openUploads(ctx context.Context, t *Target, all []*image.Blob) {
	if r.DryRun || t.HasRoot || t.PushRefusal != nil || t.Now == nil || t.Exists() {
		return
	}
	if CheckVisibility(r.Prober.Visibility, true, t) != nil {
		return // The run probably ends before the upload.
	}
	n := 0
	for _, b := range all {
		if b.Pending() || worthAsking(&t.Target, b) {
			n++
		}
	}
	r.registry().OpenUploads(ctx, t.Repo, n)
}

// worthAsking reports whether the run must check if a target has a blob. A blob that
// the target is known to have needs no check. A blob that can be mounted needs no
// check either, because the response to the mount request shows if the target has the
// blob.
func worthAsking(t *plan.Target, b *image.Blob) bool {
	_, mountable := b.MountSource(t.Repo)
	return (!t.HasRoot || b.MayBeMissing) && !b.Pending() && !mountable && !t.HasBlobs[b.Descriptor.Digest]
}

// addBlobs records the blobs that a target has. The entry exists[i] is true if the
// target has the blob all[i].
func (t *Target) addBlobs(all []*image.Blob, exists []bool) {
	if t.HasBlobs == nil {
		t.HasBlobs = map[v1.Hash]bool{}
	}
	for i, b := range all {
		if exists[i] {
			t.HasBlobs[b.Descriptor.Digest] = true
		}
	}
}

// maxLayer is the largest layer that ghcr.io accepts, in bytes (docs/ghcr.md,
// Blob upload).
const maxLayer = 10_000_000_000

// heavy is the largest size of a layer, in bytes, that a connection with 5 MB/s can
// upload within ghcr.io's time limit for one upload.
const heavy = 3_000_000_000

// slow returns a notice for each layer that a slow connection cannot upload in
// time.
func slow(root *image.Manifest) []diag.Notice {
	var out []diag.Notice
	for _, b := range image.Blobs(root) {
		if size := b.Descriptor.Size; size > heavy && size <= maxLayer {
			out = append(out, diag.Notice{
				Code: CodeLayerHeavy, Level: diag.Warning, Title: "A layer needs a fast connection",
				Text: fmt.Sprintf("Layer %s has %.1f GB. ghcr.io ends an upload after 10 minutes, so the upload needs %.0f MB/s. If the upload fails, split the build step that creates the layer.",
					b.Descriptor.Digest, float64(size)/1e9, float64(size)/1e6/registry.UploadLimit.Seconds()),
			})
		}
	}
	return out
}

// oversize returns an error for a layer that ghcr.io would refuse after the
// upload.
func oversize(root *image.Manifest) error {
	for _, b := range image.Blobs(root) {
		if b.Descriptor.Size > maxLayer {
			return &diag.Error{
				Code: CodeLayerTooLarge, Side: diag.Source,
				Title: fmt.Sprintf("Layer %s has %d bytes, but ghcr.io accepts at most 10 GB per layer", b.Descriptor.Digest, b.Descriptor.Size),
				Hint:  "Split the build step that creates the layer, so that its files are in several layers.",
			}
		}
	}
	return nil
}
