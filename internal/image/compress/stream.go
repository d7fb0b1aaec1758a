package compress

import (
	"crypto/sha256"
	"io"
	"runtime"
	"sync"
)

// ownBytes is the number of uncompressed bytes for which a stream reserves
// blocks. A stream has two reserved blocks for gzip, or one reserved block for
// zstd. Without reserved blocks, a stream could wait for another stream whose
// consumer is slow.
const ownBytes = 512 << 10

func ownBlocks(c codec) int {
	size, _ := c.sizes()
	return max(1, ownBytes/size)
}

// spare is a semaphore that all streams share. spare contains one token for each
// free block.
var spare = tokens(runtime.GOMAXPROCS(0))

// Verify checks the uncompressed content of a stream after the program read the last
// byte. The argument "sum" is the SHA-256 of the content, and the argument "size" is
// the length of the content in bytes.
type Verify func(sum [sha256.Size]byte, size int64) error

// Compress returns the compressed content of src. Compress starts to read src at once. If
// the function "verify" returns an error, Read returns that error instead of the last
// block. Therefore, a consumer never gets the complete stream of content that the
// function "verify" refuses. The method Close of the returned reader stops the
// compression and closes src.
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

// stream is the compression of one source. The method "produce" fills the blocks in
// order, and Read returns the compressed content of the blocks.
type stream struct {
	codec    codec
	src      io.ReadCloser
	verify   Verify
	own      chan struct{}
	blocks   chan *block
	stop     chan struct{}
	once     sync.Once
	closeErr error

	// The method "produce" sets the fields "tail" and "err" before it closes the
	// channel "blocks".
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

// next stores the next block, or the tail of the stream, in the field "out".
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

// Close ends the compression.
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

// produce reads src and starts the compression of each block.
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
		_, _ = plain.Write(b.content()) // The method Write of hash.Hash never returns an error.
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

// reserve waits for a token, and returns a new block that has the token. After
// Close, reserve returns nil.
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
