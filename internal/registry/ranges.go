package registry

import (
	"context"
	"errors"
	"io"
	"sync"
)

const (
	// rangeConnections is the number of connections that download the ranges of one blob.
	rangeConnections = 6
	// blocksOfRange is the number of blocks that a range fills.
	blocksOfRange = 128
	// blocksOfWorker limits the blocks that one worker holds. The buffers of the
	// operating system hold later bytes. All workers of a client hold at most 6 MiB.
	blocksOfWorker = 8
)

// ranges reads the rest of a blob in the order of the bytes. Several workers download the
// ranges in turn. With six workers, the first worker downloads the ranges 0, 6 and 12. A
// worker does not wait for another worker, and holds a limited number of bytes.
type ranges struct {
	ctx     context.Context
	cancel  context.CancelCauseFunc
	rest    download // rest is the template of the download of each range.
	start   int64    // start is the position of the first range in the blob.
	at      int64    // The field "at" is the position of the next byte to read in the blob.
	workers []*worker
	unread  []byte // unread contains the unread bytes of block.
	block   []byte

	running sync.WaitGroup
	client  *Client
	memory  [][]byte
}

// worker downloads ranges, one after the other. A worker receives empty blocks from one
// channel, and sends filled blocks to another channel. The reader of the blob returns
// each block to the worker after it has read the bytes of the block.
type worker struct {
	empty chan []byte
	full  chan filled
}

// filled is a block with n bytes, or the error of the worker.
type filled struct {
	block []byte
	n     int
	err   error
}

// errStopped is the error of a download after its end.
var errStopped = errors.New("the download was stopped")

// startRanges starts the download of the ranges of a blob. The argument "start" is the
// position of the first range in the blob. startRanges returns nil if another blob of the
// client uses the memory for ranges. In this case, the two blobs together already use
// several connections.
func (c *Client) startRanges(rest download, start int64) *ranges {
	var memory [][]byte
	select {
	case memory = <-c.rangeMemory:
	default:
		return nil
	}
	for len(memory) < rangeConnections*blocksOfWorker {
		memory = append(memory, make([]byte, c.opts.RangeSize/blocksOfRange))
	}
	r := &ranges{rest: rest, start: start, at: start, client: c, memory: memory}
	r.ctx, r.cancel = context.WithCancelCause(rest.ctx)
	r.rest.ctx, r.rest.st, r.rest.storage = r.ctx, attemptState{}, &storage{}
	for i := range rangeConnections {
		w := &worker{empty: make(chan []byte, blocksOfWorker), full: make(chan filled, blocksOfWorker+1)}
		for _, block := range memory[i*blocksOfWorker : (i+1)*blocksOfWorker] {
			w.empty <- block
		}
		r.workers = append(r.workers, w)
		first := start + int64(i)*c.opts.RangeSize
		r.running.Go(func() { w.full <- filled{err: r.run(w, first)} })
	}
	return r
}

// stop ends all workers. stop returns when no worker uses a block any more.
func (r *ranges) stop() {
	r.cancel(errStopped)
	r.running.Wait()
	r.client.rangeMemory <- r.memory
}

// read returns the next bytes of the blob.
func (r *ranges) read(p []byte) (int, error) {
	w := r.workers[(r.at-r.start)/r.client.opts.RangeSize%rangeConnections]
	if len(r.unread) == 0 {
		next := <-w.full
		if next.err != nil {
			return 0, next.err
		}
		r.block, r.unread = next.block, next.block[:next.n]
	}
	n := copy(p, r.unread)
	r.unread, r.at = r.unread[n:], r.at+int64(n)
	if len(r.unread) == 0 {
		w.empty <- r.block
	}
	return n, nil
}

// run downloads the ranges of one worker. run returns io.EOF after the last range.
func (r *ranges) run(w *worker, first int64) error {
	size := r.client.opts.RangeSize
	for offset := first; offset < r.rest.end; offset += rangeConnections * size {
		d := r.rest
		d.offset, d.resumedAt, d.end = offset, offset, min(offset+size, r.rest.end)
		if err := r.fetch(w, &d); err != nil {
			return err
		}
	}
	return io.EOF
}

// fetch downloads one range. A failed attempt repeats only the missing bytes of this
// range.
func (r *ranges) fetch(w *worker, d *download) error {
	if err := d.open(); err != nil {
		return err
	}
	defer d.Close()
	for d.offset < d.end {
		var block []byte
		select {
		case block = <-w.empty:
		case <-r.ctx.Done():
			return context.Cause(r.ctx)
		}
		n, err := io.ReadFull(d, block[:min(int64(len(block)), d.end-d.offset)])
		if err != nil {
			return err
		}
		w.full <- filled{block: block, n: n}
	}
	return nil
}
