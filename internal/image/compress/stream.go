package compress

import (
	"crypto/sha256"
	"io"
	"runtime"
	"sync"
)

// ownBytes is what a stream may have in flight whatever the others hold, in
// plain bytes: two blocks of gzip, one of zstd, which keep it moving.
const ownBytes = 512 << 10

func ownBlocks(c codec) int {
	size, _ := c.sizes()
	return max(1, ownBytes/size)
}

// spare are the blocks that streams may take beyond their own.
var spare = tokens(runtime.GOMAXPROCS(0))

// Verify judges a stream once it has been read whole: sum is the SHA-256 and
// size the length in bytes of the plain content.
type Verify func(sum [sha256.Size]byte, size int64) error

// Compress returns src compressed. Reading starts at once; what verify returns
// takes the place of the last block, so that a consumer never sees a whole
// stream of content that was refused. Close stops the work and closes src.
func (m Method) Compress(src io.ReadCloser, verify Verify) io.ReadCloser {
	own := ownBlocks(m.codec)
	s := &stream{
		codec:  m.codec,
		src:    src,
		verify: verify,
		own:    tokens(own),
		blocks: make(chan *block, own+cap(spare)),
		stop:   make(chan struct{}),
		out:    m.codec.head(),
	}
	go s.produce()
	return s
}

// stream is one compression: produce fills blocks in order, Read drains them.
type stream struct {
	codec    codec
	src      io.ReadCloser
	verify   Verify
	own      chan struct{}
	blocks   chan *block
	stop     chan struct{}
	once     sync.Once
	closeErr error

	// tail and err are written by produce before it closes blocks.
	tail []byte
	err  error

	current *block
	out     []byte
	ended   bool
}

// Read returns compressed bytes.
func (s *stream) Read(p []byte) (int, error) {
	for len(s.out) == 0 {
		if err := s.next(); err != nil {
			return 0, err
		}
	}
	n := copy(p, s.out)
	s.out = s.out[n:]
	return n, nil
}

// next makes the following block, or the trailer, the bytes to hand out.
func (s *stream) next() error {
	s.recycle()
	if s.ended {
		return io.EOF
	}
	b, more := <-s.blocks
	if !more {
		if s.err != nil {
			return s.err
		}
		s.ended, s.out = true, s.tail
		return nil
	}
	<-b.ready
	s.current, s.out = b, b.packed.Bytes()
	return b.err
}

func (s *stream) recycle() {
	if s.current != nil {
		s.current.release()
		s.current = nil
	}
}

// Close ends the compression, finished or not.
func (s *stream) Close() error {
	s.once.Do(func() {
		close(s.stop)
		s.recycle()
		for b := range s.blocks {
			<-b.ready
			b.release()
		}
		s.out, s.ended = nil, true
		s.closeErr = s.src.Close()
	})
	return s.closeErr
}

// produce reads src block by block and has each compressed.
func (s *stream) produce() {
	defer close(s.blocks)
	plain, check := sha256.New(), s.codec.checksum()
	var size int64
	var before []byte
	for last := false; !last; {
		b := s.reserve()
		if b == nil {
			s.err = io.ErrClosedPipe
			return
		}
		if s.err = b.fill(s.src, before); s.err != nil {
			b.release()
			return
		}
		before, last = b.window(before), b.last
		_, _ = plain.Write(b.content()) // hashes take everything
		if check != nil {
			_, _ = check.Write(b.content())
		}
		size += int64(len(b.content()))
		if last {
			s.err = s.verify([sha256.Size]byte(plain.Sum(nil)), size)
			s.tail = s.codec.tail(check, size)
		}
		if s.err != nil {
			b.release()
			return
		}
		s.blocks <- b
		go b.pack()
	}
}

// reserve waits for the right to hold one more block; nil once closed.
func (s *stream) reserve() *block {
	select {
	case <-s.stop:
		return nil
	default:
	}
	select {
	case <-s.own:
		return newBlock(s.codec, s.own)
	case <-spare:
		return newBlock(s.codec, spare)
	case <-s.stop:
		return nil
	}
}

func tokens(n int) chan struct{} {
	c := make(chan struct{}, n)
	for range n {
		c <- struct{}{}
	}
	return c
}
