// Package pull brings an image from a registry: it resolves a reference,
// chooses a platform, fetches every blob once, several at a time, and hands
// the bytes to a sink, checked against their digests while they pass.
//
// It asks as a stranger first, where that is wanted, and with the login only
// if a stranger is refused. It does not know how an image is kept: package
// sink does, or none at all, to prove that an image can be pulled whole.
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

// How many blobs are fetched at a time: large ones on a connection each, as
// many as package registry opens ahead; small ones multiplexed on one.
const (
	largeAtOnce = 12
	smallAtOnce = 32
)

// Sink is where the bytes go; package sink has them.
type Sink interface {
	// Has reports whether the blob is there already, whole.
	Has(ctx context.Context, desc v1.Descriptor) (bool, error)
	// Put keeps a blob; r ends with an error unless the bytes are the
	// described ones.
	Put(ctx context.Context, desc v1.Descriptor, r io.Reader) error
	// Ordered says that blobs have to come one by one, in the order of
	// sink.Blobs.
	Ordered() bool
	// Commit makes the image visible.
	Commit(ctx context.Context) error
}

// Progress hears of every blob. Package progress implements it.
type Progress interface {
	// Expect sets how much is to come at most.
	Expect(blobs int, bytes int64)
	// Begin announces a blob; advance is told of bytes, done of the end.
	Begin(repo name.Repository, b *image.Blob) (advance func(int64), done func(registry.BlobOutcome, error))
}

// Puller fetches.
type Puller struct {
	// Clients are asked in this order; a later one where an earlier one may
	// not read, or does not find. One at least.
	Clients []*registry.Client
	// Web fetches foreign layers; nil is the system's transport.
	Web *http.Transport
	// Progress may be nil.
	Progress Progress
}

// Tally counts blobs and their bytes.
type Tally struct {
	Blobs int
	Bytes int64
}

// Result is what fetching came to.
type Result struct {
	// Fetched blobs went over the wire, Present ones were in the sink.
	// Foreign ones are those of Fetched that no registry had.
	Fetched, Present, Foreign Tally
}

// fetching is one run of Fetch.
type fetching struct {
	*Puller
	found *Found
	sink  Sink

	mu     sync.Mutex
	result Result
}

// Fetch brings every blob of what was found, and commits. After an error the
// result says what was brought.
func (p *Puller) Fetch(ctx context.Context, found *Found, to Sink) (Result, error) {
	blobs, err := sink.Blobs(found.Root)
	if err != nil {
		return Result{}, err
	}
	f := &fetching{Puller: p, found: found, sink: to}
	f.expect(blobs)
	bring := f.all
	if to.Ordered() {
		bring = f.inOrder
	}
	if err := bring(ctx, blobs); err != nil {
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

// all fetches the blobs, the largest first: the last one to arrive should be
// one that takes no time.
func (f *fetching) all(ctx context.Context, blobs []*image.Blob) error {
	blobs = slices.SortedStableFunc(slices.Values(blobs), func(a, b *image.Blob) int {
		return int(max(-1, min(1, b.Descriptor.Size-a.Descriptor.Size)))
	})
	group, ctx := errgroup.WithContext(ctx)
	large, small := make(chan struct{}, largeAtOnce), make(chan struct{}, smallAtOnce)
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
	return f.bring(ctx, b, func() opened { return f.open(ctx, b) }, func(int64) {})
}

func (f *fetching) has(ctx context.Context, b *image.Blob) (bool, error) {
	present, err := f.sink.Has(ctx, b.Descriptor)
	if present && err == nil {
		f.count(b, &f.result.Present)
	}
	return present, err
}

// bring hands one blob to the sink. Passed is told of its bytes.
func (f *fetching) bring(ctx context.Context, b *image.Blob, open func() opened, passed func(int64)) error {
	advance, done := f.begin(b)
	from := open()
	err := from.err
	if err == nil {
		err = errors.Join(f.sink.Put(ctx, b.Descriptor, &counted{from, func(n int64) { advance(n); passed(n) }}), from.Close())
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

// open starts reading a blob. A foreign layer may be in the registry all the
// same; if it is not, its own addresses are asked.
func (f *fetching) open(ctx context.Context, b *image.Blob) opened {
	if !b.Foreign {
		r, err := b.Open(ctx)
		return opened{r, false, err}
	}
	r, err := f.found.Client.Blob(ctx, f.found.Repository, b.Descriptor)
	if !registry.IsAbsent(err) {
		return opened{r, false, err}
	}
	r, err = Elsewhere(ctx, f.Web, b.Descriptor)
	return opened{r, true, err}
}

// counted tells of the bytes that pass.
type counted struct {
	io.Reader
	tell func(int64)
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.tell(int64(n))
	return n, err
}
