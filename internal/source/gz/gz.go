// Package gz compresses a stream with gzip on every idle core and always to
// the same bytes: blocks of fixed size are deflated at level 1, each with the
// 32 KiB before it as dictionary, and joined with sync flushes into one gzip
// member (RFC 1952) that has no name and no time. Neither the number of cores
// nor the size of reads changes the result, so a layer compressed on one
// machine has the digest it has on any other.
//
// Memory is bounded: each stream owns two blocks in flight, and all streams
// of the process together share one more for each core.
package gz

import (
	"crypto/sha256"
	"encoding/binary"
	"hash/crc32"
	"io"
	"runtime"
	"sync"
)

const (
	// blockSize is the plain bytes in a block. Changing it changes every
	// digest made from plain layers.
	blockSize = 256 << 10
	// windowSize is how far back deflate can refer (RFC 1951, section 2).
	windowSize = 32 << 10
	// ownBlocks keeps a stream moving whatever the others hold.
	ownBlocks = 2
)

// spare are the blocks that streams may take beyond their own.
var spare = tokens(runtime.GOMAXPROCS(0))

// header is a gzip header without name and time: deflate, fastest (RFC 1952,
// section 2.3.1, XFL 4), unknown system.
var header = []byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 255}

// Verify judges a stream once it has been read whole: sum is the SHA-256 and
// size the length in bytes of the plain content.
type Verify func(sum [sha256.Size]byte, size int64) error

// Compress returns the gzip of src. Reading starts at once; what verify
// returns takes the place of the last bytes, so that a consumer never sees a
// complete member for content that was refused. Close stops the work and
// closes src.
func Compress(src io.ReadCloser, verify Verify) io.ReadCloser {
	s := &stream{
		src:    src,
		verify: verify,
		own:    tokens(ownBlocks),
		blocks: make(chan *block, ownBlocks+cap(spare)),
		stop:   make(chan struct{}),
		out:    header,
	}
	go s.produce()
	return s
}

// stream is one compression: produce fills blocks in order, Read drains them.
type stream struct {
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
	s.current, s.out = b, b.deflated.Bytes()
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
	plain, crc := sha256.New(), crc32.NewIEEE()
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
		_, _ = crc.Write(b.content())
		size += int64(len(b.content()))
		s.blocks <- b
		go b.deflate()
	}
	s.err = s.verify([sha256.Size]byte(plain.Sum(nil)), size)
	s.tail = binary.LittleEndian.AppendUint32(nil, crc.Sum32())
	s.tail = binary.LittleEndian.AppendUint32(s.tail, uint32(size)) // RFC 1952: modulo 2^32
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
		return newBlock(s.own)
	case <-spare:
		return newBlock(spare)
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
