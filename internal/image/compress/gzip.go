package compress

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash"
	"hash/crc32"
	"io"
	"sync"

	"github.com/klauspost/compress/flate"
)

const (
	// gzipBlock is the number of uncompressed bytes in a block. If this number
	// changes, the digest of every layer that Compress writes with gzip changes
	// too.
	gzipBlock = 256 << 10
	// gzipWindow is the largest distance of a back reference in deflate (RFC
	// 1951, section 2), in bytes.
	gzipWindow = 32 << 10
)

// gzipCodec writes one gzip member (RFC 1952) without a file name and without a
// time. gzipCodec compresses each block with the preceding 32 KiB as dictionary.
// gzipCodec ends each block with a sync flush, so that the next block can
// follow.
type gzipCodec struct {
	level    int
	memory   *sync.Pool
	encoders sync.Pool // of *flate.Writer
}

func newGzip(level int) codec {
	return &gzipCodec{level: level, memory: gzipSpaces}
}

// gzipSpaces is the memory pool for the blocks of all gzip levels.
var gzipSpaces = pool(gzipWindow + gzipBlock)

// head returns a gzip header without a file name and without a time. The header
// states that the compression method is deflate and that the operating system is
// unknown. For the fastest and the slowest level, the header also contains the
// level (RFC 1952, section 2.3.1, XFL).
func (g *gzipCodec) head() []byte {
	flags := map[int]byte{flate.BestSpeed: 4, flate.BestCompression: 2}[g.level]
	return []byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, flags, 255}
}

func (*gzipCodec) sizes() (block, window int) { return gzipBlock, gzipWindow }
func (*gzipCodec) checksum() hash.Hash32      { return crc32.NewIEEE() }
func (g *gzipCodec) spaces() *sync.Pool       { return g.memory }

func (*gzipCodec) tail(sum hash.Hash32, size int64) []byte {
	out := binary.LittleEndian.AppendUint32(nil, sum.Sum32())
	return binary.LittleEndian.AppendUint32(out, uint32(size&0xffffffff)) // RFC 1952 requires the size modulo 2^32.
}

func (g *gzipCodec) encode(dst *bytes.Buffer, window, content []byte, last bool) error {
	w, err := g.encoder(dst, window)
	if err != nil {
		return err
	}
	_, err = w.Write(content)
	if last {
		err = errors.Join(err, w.Close())
	} else {
		err = errors.Join(err, w.Flush())
	}
	g.encoders.Put(w)
	return err
}

func (g *gzipCodec) encoder(w io.Writer, dict []byte) (*flate.Writer, error) {
	if e, ok := g.encoders.Get().(*flate.Writer); ok {
		e.ResetDict(w, dict)
		return e, nil
	}
	return flate.NewWriterDict(w, g.level, dict)
}
