package compress

import (
	"io"
	"runtime"
)

// workers bounds how many blocks are compressed at the same time.
var workers = tokens(runtime.GOMAXPROCS(0))

// block is one stretch of the stream on its way through.
type block struct {
	*space
	codec codec
	dict  int // how much of plain belongs to the block before
	end   int
	last  bool
	ready chan struct{} // closed when packed and err are set
	err   error
	token chan<- struct{} // where the right to hold the block goes back
}

func newBlock(c codec, token chan<- struct{}) *block {
	return &block{space: c.spaces().Get().(*space), codec: c, ready: make(chan struct{}), token: token}
}

func (b *block) release() {
	b.packed.Reset()
	b.codec.spaces().Put(b.space)
	b.space = nil
	b.token <- struct{}{}
}

// fill copies the dictionary and reads up to one block of content. A short
// block is the last; content that ends on a block's edge ends in an empty one.
// Only io.EOF ends the content well: io.ReadFull would hide a source that was
// itself cut off.
func (b *block) fill(r io.Reader, dict []byte) error {
	size, _ := b.codec.sizes()
	b.dict = copy(b.plain, dict)
	b.end = b.dict
	for room := b.plain[b.dict : b.dict+size]; len(room) > 0; {
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
	_, size := b.codec.sizes()
	return append(buf[:0], b.plain[max(0, b.end-size):b.end]...)
}

// pack compresses the block and marks it ready.
func (b *block) pack() {
	<-workers
	defer func() { workers <- struct{}{} }()
	defer close(b.ready)
	b.err = b.codec.encode(&b.packed, b.plain[:b.dict], b.content(), b.last)
}
