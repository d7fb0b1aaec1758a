package gz

import (
	"bytes"
	"errors"
	"io"
	"runtime"
	"sync"

	"github.com/klauspost/compress/flate"
)

// workers bounds how many blocks are deflated at the same time.
var workers = tokens(runtime.GOMAXPROCS(0))

var (
	spaces   = sync.Pool{New: func() any { return new(space) }}
	encoders sync.Pool // of *flate.Writer
)

// space is the memory of a block, used again by later ones.
type space struct {
	plain    [windowSize + blockSize]byte
	deflated bytes.Buffer
}

// block is one stretch of the stream on its way through.
type block struct {
	*space
	dict  int // how much of plain belongs to the block before
	end   int
	last  bool
	ready chan struct{} // closed when deflated and err are set
	err   error
	token chan<- struct{} // where the right to hold the block goes back
}

func newBlock(token chan<- struct{}) *block {
	return &block{space: spaces.Get().(*space), ready: make(chan struct{}), token: token}
}

func (b *block) release() {
	b.deflated.Reset()
	spaces.Put(b.space)
	b.space = nil
	b.token <- struct{}{}
}

// fill copies the dictionary and reads up to one block of content. A short
// block is the last; content that ends on a block's edge ends in an empty one.
// Only io.EOF ends the content well: io.ReadFull would hide a source that was
// itself cut off.
func (b *block) fill(r io.Reader, dict []byte) error {
	b.dict = copy(b.plain[:], dict)
	b.end = b.dict
	for room := b.plain[b.dict : b.dict+blockSize]; len(room) > 0; {
		n, err := r.Read(room)
		b.end += n
		room = room[n:]
		if err == io.EOF {
			b.last = true
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (b *block) content() []byte { return b.plain[b.dict:b.end] }

// window copies the bytes that the next block may refer to over the old ones
// in buf: by the time it is filled, this block may hold other content.
func (b *block) window(buf []byte) []byte {
	return append(buf[:0], b.plain[max(0, b.end-windowSize):b.end]...)
}

// deflate compresses the block and marks it ready.
func (b *block) deflate() {
	<-workers
	defer func() { workers <- struct{}{} }()
	defer close(b.ready)
	w, err := encoder(&b.deflated, b.plain[:b.dict])
	if err != nil {
		b.err = err
		return
	}
	_, err = w.Write(b.content())
	if b.last {
		err = errors.Join(err, w.Close())
	} else {
		err = errors.Join(err, w.Flush())
	}
	b.err = err
	encoders.Put(w)
}

func encoder(w io.Writer, dict []byte) (*flate.Writer, error) {
	if e, ok := encoders.Get().(*flate.Writer); ok {
		e.ResetDict(w, dict)
		return e, nil
	}
	return flate.NewWriterDict(w, flate.BestSpeed, dict)
}
