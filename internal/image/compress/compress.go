// Package compress compresses layers with gzip or zstd on all cores, and also
// decompresses layers. The same content always gives the same compressed bytes.
//
// Compress divides a stream into blocks of fixed size and compresses the blocks
// in parallel. The result depends neither on the number of cores nor on the size
// of reads, so a layer has the same digest on every machine. The tests of this
// package contain the digests of compressed samples. If a new version of a
// compression library changes the digests in the tests, it also changes the
// digests of published images.
//
// Memory is limited. Each stream has one or two reserved blocks, and all
// streams of the process share one additional block per core.
package compress

import (
	"bytes"
	"fmt"
	"hash"
	"sync"

	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/klauspost/compress/flate"
)

// Format is the compression format of a layer.
type Format string

// The image-spec has media types for layers in the following formats.
const (
	Plain Format = ""
	Gzip  Format = "gzip" // RFC 1952
	Zstd  Format = "zstd" // RFC 8878
)

// LayerType returns the OCI media type of a layer that has the format f.
func (f Format) LayerType() types.MediaType {
	return map[Format]types.MediaType{
		Plain: types.OCIUncompressedLayer, Gzip: types.OCILayer, Zstd: types.OCILayerZStd,
	}[f]
}

// Method is a compression format with a compression level. A Method keeps the
// memory of its encoders. To reuse this memory, create only one Method per run,
// and use the Method for all layers.
type Method struct {
	Format Format
	Level  int
	codec  codec
}

// String formats the method as FORMAT:LEVEL.
func (m Method) String() string { return fmt.Sprintf("%s:%d", m.Format, m.Level) }

// For each format, levels contains the default level and the range of levels that the
// command-line program of the format accepts. The default level of gzip is the fastest
// level, because higher levels save little transfer time. The default level of zstd is
// the default level of the zstd command-line program.
var levels = map[Format]struct{ least, most, standard int }{
	Gzip: {1, 9, 1},
	Zstd: {1, 22, 3},
}

// Chosen reports whether m selects a compression. The zero Method does not
// change layers.
func (m Method) Chosen() bool { return m.codec != nil }

// Known reports whether a format has the given name.
func Known(name string) bool { return levels[Format(name)].most > 0 }

// Levels returns the lowest and the highest level of a format.
func Levels(f Format) (least, most int) { return levels[f].least, levels[f].most }

// New returns the method with the given format and level. Level 0 selects the
// default level of the format. Gzip has the levels 1 to 9, and zstd has the
// levels 1 to 22. Two levels of zstd can give the same compressed bytes.
func New(f Format, level int) (Method, error) {
	l, known := levels[f]
	if !known {
		return Method{}, fmt.Errorf("compressing with %q: the format is not supported", f)
	}
	if level == 0 {
		level = l.standard
	}
	if level < l.least || level > l.most {
		return Method{}, fmt.Errorf("compressing with %s at level %d: the levels are %d to %d", f, level, l.least, l.most)
	}
	if f == Gzip {
		return Method{Format: f, Level: level, codec: newGzip(level)}, nil
	}
	c, err := newZstd(level)
	return Method{Format: f, Level: level, codec: c}, err
}

// Default is gzip at its fastest level. Every client can read gzip layers.
var Default = Method{Format: Gzip, Level: flate.BestSpeed, codec: newGzip(flate.BestSpeed)}

// codec encodes the blocks of one format.
type codec interface {
	// head returns the first bytes of a stream.
	head() []byte
	// sizes returns the number of uncompressed bytes in a block, and the number of
	// preceding bytes to which the encoder may refer.
	sizes() (block, window int)
	// encode appends one block to dst. For the last block, encode also ends the stream.
	encode(dst *bytes.Buffer, window, content []byte, last bool) error
	// checksum returns a hash for the uncompressed content. checksum returns nil if the
	// method "tail" does not need a hash.
	checksum() hash.Hash32
	// tail returns the last bytes of a stream. The argument "sum" is the hash of the
	// content, and the argument "size" is the number of uncompressed bytes.
	tail(sum hash.Hash32, size int64) []byte
	// spaces returns the memory pool for the blocks.
	spaces() *sync.Pool
}

// pool returns a pool of memory for blocks of one size.
func pool(size int) *sync.Pool {
	return &sync.Pool{New: func() any { return &space{plain: make([]byte, size)} }}
}

// space is the memory of a block.
type space struct {
	plain  []byte
	packed bytes.Buffer
}
