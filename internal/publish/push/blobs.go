package push

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"golang.org/x/sync/errgroup"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/plan"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
)

// maxConcurrentBlobs is the maximum number of blobs that the run sends concurrently.
// This number limits the open upload sessions and the memory. Package registry limits
// the concurrent request bodies.
const maxConcurrentBlobs = 32

// maxConcurrentCompressions is the maximum number of layers that the run compresses
// and sends concurrently. With six layers, the run uses the network connections
// fully. With more layers, the run would only need more memory for buffers.
const maxConcurrentCompressions = 6

// delivery is one blob with the targets that need the blob.
type delivery struct {
	blob    *image.Blob
	targets []int
	early   *registry.EarlyUpload // early is an open upload session in the first target, or nil.
}

// blobs sends every blob. If several targets of one registry need the same blob, the
// run uploads the blob to the first target and mounts the blob into the other
// targets.
func (w *Work) blobs(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(maxConcurrentBlobs)
	compressors := make(chan struct{}, maxConcurrentCompressions)
	for _, d := range w.deliveries() {
		if ctx.Err() != nil {
			break
		}
		if repo := w.plan.Targets[d.targets[0]].Repo; !d.mounts(repo) {
			d.early = w.Registry.Reserve(repo) // The loop reserves the sessions, so that the largest blob gets the first session.
		}
		group.Go(func() error {
			if d.blob.Pending() {
				compressors <- struct{}{}
				defer func() { <-compressors }()
			}
			return w.deliver(ctx, d)
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return nil
}

// deliveries groups the steps of the plan by blob. The largest blob comes first,
// because its upload takes the longest time.
func (w *Work) deliveries() []*delivery {
	var out []*delivery
	byBlob := map[*image.Blob]*delivery{}
	for _, s := range w.plan.Of(plan.PushBlob) {
		if !s.Needed {
			w.count(s.Target, registry.Present, s.Blob.Descriptor.Size)
			continue
		}
		d := byBlob[s.Blob]
		if d == nil {
			d = &delivery{blob: s.Blob}
			byBlob[s.Blob] = d
			out = append(out, d)
		}
		d.targets = append(d.targets, s.Target)
	}
	slices.SortStableFunc(out, func(a, b *delivery) int { return cmp.Compare(weight(b.blob), weight(a.blob)) })
	return out
}

func (d *delivery) mounts(repo name.Repository) bool {
	_, ok := d.blob.MountSource(repo)
	return ok
}

func weight(b *image.Blob) int64 { return max(b.Descriptor.Size, b.PlainSize) }

func (w *Work) deliver(ctx context.Context, d *delivery) error {
	for n, i := range d.targets {
		repo, early := w.plan.Targets[i].Repo, d.early
		if n > 0 {
			early = nil
		}
		desc, way, err := w.send(ctx, early, i, d.blob)
		if err != nil {
			return fmt.Errorf("pushing a blob to %q: %w", repo, err)
		}
		w.count(i, way, desc.Size)
		d.blob.Descriptor = desc
		d.blob.MountFrom = append(d.blob.MountFrom, repo)
	}
	return nil
}

// send uploads or mounts one blob. The parameter "early" is an open upload session for
// the blob, or nil.
func (w *Work) send(ctx context.Context, early *registry.EarlyUpload, target int, b *image.Blob) (v1.Descriptor, registry.BlobOutcome, error) {
	repo := w.plan.Targets[target].Repo
	advance, done := w.Progress.Begin(repo, b)
	desc, way, err := w.Registry.UploadTo(ctx, early, repo, b, advance)
	done(way, err)
	return desc, way, err
}
