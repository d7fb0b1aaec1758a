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

// delivery is one blob with the destinations that need the blob.
type delivery struct {
	to    []destination
	early *registry.EarlyUpload // early is an open upload session in the first destination, or nil.
}

// destination is a repository that needs a blob of its image. Several images can have the
// same blob. Each image then has its own record of the blob.
type destination struct {
	work   *Work
	target int
	blob   *image.Blob
}

func (d destination) repo() name.Repository { return d.work.plan.Targets[d.target].Repo }

// uploadBlobs sends every blob of all images. If several destinations of one registry need
// the same blob, the run uploads the blob to the first destination and mounts the blob into
// the other destinations.
func uploadBlobs(ctx context.Context, works []*Work) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(maxConcurrentBlobs)
	compressors := make(chan struct{}, maxConcurrentCompressions)
	for _, d := range deliveries(works) {
		if ctx.Err() != nil {
			break
		}
		first := d.to[0]
		if _, mounts := first.blob.MountSource(first.repo()); !mounts {
			d.early = first.work.Registry.Reserve(first.repo()) // The loop reserves the sessions, so that the largest blob gets the first session.
		}
		group.Go(func() error {
			if first.blob.Pending() {
				compressors <- struct{}{}
				defer func() { <-compressors }()
			}
			return d.deliver(ctx)
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return nil
}

// deliveries groups the steps of all plans by blob. The largest blob comes first, because
// its upload takes the longest time.
func deliveries(works []*Work) []*delivery {
	var out []*delivery
	shared := newSharedBlobs()
	for _, w := range works {
		for _, s := range w.plan.Of(plan.PushBlob) {
			to := destination{w, s.Target, s.Blob}
			if !s.Needed {
				w.count(s.Target, registry.Present, s.Blob.Descriptor.Size)
				shared.present(to)
				continue
			}
			d := shared.delivery(s.Blob)
			if len(d.to) == 0 {
				out = append(out, d)
			}
			d.to = append(d.to, to)
		}
	}
	for _, d := range out {
		shared.mountFromOthers(d)
	}
	slices.SortStableFunc(out, func(a, b *delivery) int { return cmp.Compare(weight(b.to[0].blob), weight(a.to[0].blob)) })
	return out
}

// deliver sends a blob to its destinations, one after the other.
func (d *delivery) deliver(ctx context.Context) error {
	var sent []name.Repository
	var content v1.Descriptor
	for n, to := range d.to {
		early := d.early
		if n > 0 {
			early = nil
			to.takeContent(content, sent)
		}
		desc, way, err := to.work.send(ctx, early, to.target, to.blob)
		if err != nil {
			return fmt.Errorf("pushing a blob to %q: %w", to.repo(), err)
		}
		to.work.count(to.target, way, desc.Size)
		to.blob.Descriptor, content = desc, desc
		to.blob.MountFrom, sent = append(to.blob.MountFrom, to.repo()), append(sent, to.repo())
	}
	return nil
}

// takeContent copies facts from the same blob of another image: the digest and the size of
// a layer that was compressed, and the repositories that have the blob.
func (d destination) takeContent(content v1.Descriptor, sent []name.Repository) {
	d.blob.Descriptor.Digest, d.blob.Descriptor.Size = content.Digest, content.Size
	for _, repo := range sent {
		if !slices.Contains(d.blob.MountFrom, repo) {
			d.blob.MountFrom = append(d.blob.MountFrom, repo)
		}
	}
}

func weight(b *image.Blob) int64 { return max(b.Descriptor.Size, b.PlainSize) }

// send uploads or mounts one blob. The parameter "early" is an open upload session for
// the blob, or nil.
func (w *Work) send(ctx context.Context, early *registry.EarlyUpload, target int, b *image.Blob) (v1.Descriptor, registry.BlobOutcome, error) {
	repo := w.plan.Targets[target].Repo
	advance, done := w.Progress.Begin(repo, b)
	desc, way, err := w.Registry.UploadTo(ctx, early, repo, b, advance)
	done(way, err)
	return desc, way, err
}
