package compress

import (
	"io"
	"runtime"
)

// workers limits the number of blocks that are compressed concurrently.
var workers = tokens(runtime.GOMAXPROCS(0))

// block is one part of a stream during its compression.
type block struct {
	*space
	codec codec
	dict  int // dict is the number of bytes from the previous block at the start of the buffer "plain".
	end   int // end is the index after the last byte of the content in the buffer "plain".
	last  bool
	ready chan struct{} // The method "pack" sets the fields "packed" and "err", and then closes the channel "ready".
	err   error
	token chan<- struct{} // release sends the token of the block to this channel.
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

// fill copies the dictionary and reads up to one block of content. The last
// block of a stream is shorter than all other blocks. If the content ends at the
// end of a block, an empty block follows. fill does not use io.ReadFull, because
// io.ReadFull returns io.ErrUnexpectedEOF for a short last block. With
// io.ReadFull, fill could not distinguish a short last block from a truncated
// source.
func (b *block) fill(r io.Reader, dict []byte) error {
	size, _ := b.codec.sizes()
	b.dict = copy(b.plain, dict)
	b.end = b.dict
	for free := b.plain[b.dict : b.dict+size]; len(free) > 0; {
		n, err := r.Read(free)
		b.end += n
		free = free[n:]
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

// window copies the last bytes of this block into buf. The next block of the
// stream may refer to the copied bytes. A copy is necessary, because another
// block may reuse the memory of this block first.
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
