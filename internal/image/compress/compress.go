// Package compress turns layers into gzip or zstd, on every idle core and
// always to the same bytes, and back into what they were.
//
// A stream is cut into blocks of fixed size that are compressed side by side.
// Neither the number of cores nor the size of reads changes the result, so a
// layer compressed on one machine has the digest it has on any other. The
// bytes of one method are therefore part of what this project promises: tests
// hold their digests, and a library that writes others is not taken lightly.
//
// Memory is bounded: each stream owns a block or two in flight, and all streams
// of the process together share one more for each core.
package compress

import (
	"bytes"
	"fmt"
	"hash"
	"sync"

	"github.com/klauspost/compress/flate"
)

// Format is how a layer is compressed.
type Format string

// The formats that the image-spec has media types for.
const (
	Plain Format = ""
	Gzip  Format = "gzip" // RFC 1952
	Zstd  Format = "zstd" // RFC 8878
)

// Method is a format at a level. It keeps the memory of its encoders, so that
// one is to be made for a run, not for each layer.
type Method struct {
	Format Format
	Level  int
	codec  codec
}

// String is the method as an input would name it.
func (m Method) String() string { return fmt.Sprintf("%s:%d", m.Format, m.Level) }

// levels are what a format's own command line takes, and what is taken where
// nothing is asked for: what is fast for gzip, which gains little by more on
// the way to a registry, and zstd's own default.
var levels = map[Format]struct{ least, most, usual int }{
	Gzip: {1, 9, 1},
	Zstd: {1, 22, 3},
}

// Chosen reports whether there is a method; the zero one leaves layers as they
// are.
func (m Method) Chosen() bool { return m.codec != nil }

// Known reports the name of a format that there is.
func Known(name string) bool { return levels[Format(name)].most > 0 }

// Levels are the bounds of a format's levels.
func Levels(f Format) (least, most int) { return levels[f].least, levels[f].most }

// New is the method of a format at a level; 0 is the format's usual one. Gzip
// has the levels 1 to 9, zstd 1 to 22, of which some come to the same.
func New(f Format, level int) (Method, error) {
	l, known := levels[f]
	if !known {
		return Method{}, fmt.Errorf("compressing with %q: there is no such format", f)
	}
	if level == 0 {
		level = l.usual
	}
	if level < l.least || level > l.most {
		return Method{}, fmt.Errorf("compressing with %s at level %d: it has %d to %d", f, level, l.least, l.most)
	}
	if f == Gzip {
		return Method{Format: f, Level: level, codec: newGzip(level)}, nil
	}
	c, err := newZstd(level)
	return Method{Format: f, Level: level, codec: c}, err
}

// Usual is gzip, which everybody reads, at the level that is fast.
var Usual = Method{Format: Gzip, Level: flate.BestSpeed, codec: newGzip(flate.BestSpeed)}

// codec is what a format does with blocks.
type codec interface {
	// head is what a stream begins with.
	head() []byte
	// sizes are the plain bytes of a block, and how many of those before it
	// the encoder may refer to.
	sizes() (block, window int)
	// encode appends one block to dst. The last one ends the stream.
	encode(dst *bytes.Buffer, window, content []byte, last bool) error
	// checksum is what the tail says of the plain content; nil for nothing.
	checksum() hash.Hash32
	// tail is what a stream ends with, after so many plain bytes.
	tail(sum hash.Hash32, size int64) []byte
	// spaces is the memory of blocks, used again by later ones.
	spaces() *sync.Pool
}

// pool is the memory for blocks of one size.
func pool(size int) *sync.Pool {
	return &sync.Pool{New: func() any { return &space{plain: make([]byte, size)} }}
}

// space is the memory of a block.
type space struct {
	plain  []byte
	packed bytes.Buffer
}
