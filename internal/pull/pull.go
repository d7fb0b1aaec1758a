// Package pull copies an image from a registry to a sink. Package pull resolves a
// reference, chooses a platform, fetches each blob once, and verifies the size and the
// digest of each blob. Package pull fetches several blobs concurrently.
//
// The first client of a Puller is usually anonymous. If the anonymous client
// has no access, the Puller uses a client with credentials. Package sink
// writes the image in the requested format, so package pull does not depend
// on the format.
package pull

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"golang.org/x/sync/errgroup"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
	"github.com/ghcr-publish/ghcr-publish/internal/sink"
)

// maxLarge is the maximum number of large blobs that a pull fetches
// concurrently, and maxSmall is the maximum number of small blobs. Each large
// blob has a separate connection, which package registry opens in advance.
// All small blobs share one connection.
const (
	maxLarge = 12
	maxSmall = 32
)

// Sink receives the blobs of an image. Package sink implements Sink.
type Sink interface {
	// Has reports whether the sink already has the complete blob.
	Has(ctx context.Context, desc v1.Descriptor) (bool, error)
	// Put stores a blob. If the bytes do not match the descriptor, the reader
	// returns an error instead of io.EOF.
	Put(ctx context.Context, desc v1.Descriptor, r io.Reader) error
	// Ordered reports whether the caller must write the blobs one after the
	// other, in the order of sink.Blobs.
	Ordered() bool
	// Commit makes the complete image visible at the destination.
	Commit(ctx context.Context) error
}

// Progress receives the progress of each blob. Package progress implements
// Progress.
type Progress interface {
	// Expect sets the maximum number of blobs and bytes that the pull
	// fetches.
	Expect(blobs int, bytes int64)
	// Begin reports the start of a blob. After each read, the caller must
	// call the function "advance" with the number of read bytes. At the end of
	// the blob, the caller must call the function "done".
	Begin(repo name.Repository, b *image.Blob) (advance func(int64), done func(registry.BlobOutcome, error))
}

// Puller resolves and fetches images.
type Puller struct {
	// Clients are the clients of the registry. If a client has no access or
	// does not find the image, the Puller uses the next client. The list must
	// contain at least one client.
	Clients []*registry.Client
	// ForeignTransport fetches foreign layers. If ForeignTransport is nil,
	// the Puller uses http.DefaultTransport.
	ForeignTransport *http.Transport
	// Progress receives the progress of the pull, or is nil.
	Progress Progress
	// If CheckLayers is true, the Puller compares the uncompressed layers
	// with the diff ids in the configs. The check is necessary if the sink
	// does not keep the compressed layers, because a Docker engine refuses an
	// image with wrong diff ids.
	CheckLayers bool
}

// Tally is a number of blobs and the sum of their sizes.
type Tally struct {
	Blobs int
	Bytes int64
}

// Result is the result of [Puller.Fetch].
type Result struct {
	// Fetched counts the downloaded blobs. Present counts the blobs that the
	// sink already had. Foreign counts the downloaded blobs that came from an
	// address in the manifest and not from the registry.
	Fetched, Present, Foreign Tally
}

// fetching holds the data of one call of Fetch.
type fetching struct {
	*Puller
	found *Found
	sink  Sink
	// The field "layers" is nil if CheckLayers is false.
	layers *layerCheck

	mu     sync.Mutex
	result Result
}

// Fetch copies each blob of the image to the sink, and then commits the sink.
// If Fetch returns an error, the result counts the blobs that Fetch copied
// before the error.
func (p *Puller) Fetch(ctx context.Context, found *Found, to Sink) (Result, error) {
	blobs, err := sink.Blobs(found.Root)
	if err != nil {
		return Result{}, err
	}
	f := &fetching{Puller: p, found: found, sink: to}
	if p.CheckLayers {
		f.layers = newLayerCheck(found.Root)
	}
	f.expect(blobs)
	fetch := f.all
	if to.Ordered() {
		fetch = f.inOrder
	}
	if err := fetch(ctx, blobs); err != nil {
		return f.result, err
	}
	if err := f.layers.compare(found.Root); err != nil {
		return f.result, err
	}
	return f.result, to.Commit(ctx)
}

func (f *fetching) expect(blobs []*image.Blob) {
	if f.Progress == nil {
		return
	}
	var bytes int64
	for _, b := range blobs {
		bytes += b.Descriptor.Size
	}
	f.Progress.Expect(len(blobs), bytes)
}

// all fetches the blobs concurrently. The method "all" starts with the largest blobs,
// because the pull is faster if the last blobs are small.
func (f *fetching) all(ctx context.Context, blobs []*image.Blob) error {
	blobs = slices.SortedStableFunc(slices.Values(blobs), func(a, b *image.Blob) int {
		return int(max(-1, min(1, b.Descriptor.Size-a.Descriptor.Size)))
	})
	group, ctx := errgroup.WithContext(ctx)
	large, small := make(chan struct{}, maxLarge), make(chan struct{}, maxSmall)
	for _, b := range blobs {
		slots := small
		if b.Descriptor.Size >= registry.BulkSize {
			slots = large
		}
		group.Go(func() error {
			select {
			case slots <- struct{}{}:
			case <-ctx.Done():
				return context.Cause(ctx)
			}
			defer func() { <-slots }()
			return f.one(ctx, b)
		})
	}
	return group.Wait()
}

func (f *fetching) one(ctx context.Context, b *image.Blob) error {
	present, err := f.has(ctx, b)
	if present || err != nil {
		return err
	}
	return f.write(ctx, b, func() opened { return f.open(ctx, b) }, func(int64) {})
}

func (f *fetching) has(ctx context.Context, b *image.Blob) (bool, error) {
	present, err := f.sink.Has(ctx, b.Descriptor)
	if present && err == nil {
		f.count(b, &f.result.Present)
	}
	return present, err
}

// write writes one blob to the sink. After each read of the blob, write calls
// the function "read" with the number of read bytes.
func (f *fetching) write(ctx context.Context, b *image.Blob, open func() opened, read func(int64)) error {
	advance, done := f.begin(b)
	from := open()
	err := from.err
	if err == nil {
		var in io.Reader = &countingReader{from, func(n int64) { advance(n); read(n) }}
		in, end := f.layers.tee(b, in)
		err = errors.Join(f.sink.Put(ctx, b.Descriptor, in), from.Close())
		end()
	}
	done(registry.Present, err)
	if err != nil {
		return fmt.Errorf("pulling the blob %s: %w", b.Descriptor.Digest, err)
	}
	f.count(b, &f.result.Fetched)
	if from.foreign {
		f.count(b, &f.result.Foreign)
	}
	return nil
}

func (f *fetching) begin(b *image.Blob) (func(int64), func(registry.BlobOutcome, error)) {
	if f.Progress == nil {
		return func(int64) {}, func(registry.BlobOutcome, error) {}
	}
	return f.Progress.Begin(f.found.Repository, b)
}

func (f *fetching) count(b *image.Blob, t *Tally) {
	f.mu.Lock()
	defer f.mu.Unlock()
	t.Blobs++
	t.Bytes += b.Descriptor.Size
}

// open opens a blob. For every blob, open first sends a request to the
// registry, because a registry can also have foreign layers. If the registry
// does not have a foreign layer, open uses the addresses in the manifest.
func (f *fetching) open(ctx context.Context, b *image.Blob) opened {
	if !b.Foreign {
		r, err := b.Open(ctx)
		return opened{r, false, err}
	}
	r, err := f.found.Client.Blob(ctx, f.found.Repository, b.Descriptor)
	if !registry.IsAbsent(err) {
		return opened{r, false, err}
	}
	r, err = FetchForeign(ctx, f.ForeignTransport, f.found.Client.IsPublic(f.found.Repository.Registry), b.Descriptor)
	return opened{r, true, err}
}

// After each read, countingReader calls the function "count" with the number of
// read bytes.
type countingReader struct {
	io.Reader
	count func(int64)
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.count(int64(n))
	return n, err
}
