package compress

import (
	"bytes"
	"hash"
	"runtime"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// zstdBlock is the number of uncompressed bytes in a block and in a frame. The
// blocks are small, so that all cores can compress one layer with little memory.
// Small blocks make a layer about two percent larger. If this number changes,
// the digest of every layer that Compress writes with zstd changes too.
const zstdBlock = 1 << 20

// maxLargeEncoders limits the number of encoders for level 10 and above. Each
// encoder for level 10 and above needs about 40 MiB. An encoder for a lower
// level needs about 4 MiB.
const maxLargeEncoders = 4

// zstdCodec writes each block as a separate frame with its size and checksum. A
// sequence of frames is a zstd stream (RFC 8878, section 3), which every client
// can read.
type zstdCodec struct{ encoder *zstd.Encoder }

func newZstd(level int) (codec, error) {
	speed, encoders := zstd.EncoderLevelFromZstd(level), runtime.GOMAXPROCS(0)
	if speed == zstd.SpeedBestCompression {
		encoders = min(encoders, maxLargeEncoders)
	}
	e, err := zstd.NewWriter(nil,
		zstd.WithEncoderLevel(speed), zstd.WithWindowSize(zstdBlock),
		zstd.WithEncoderConcurrency(encoders), zstd.WithEncoderCRC(true), zstd.WithZeroFrames(true))
	return &zstdCodec{encoder: e}, err
}

var zstdSpaces = pool(zstdBlock)

func (*zstdCodec) head() []byte                   { return nil }
func (*zstdCodec) sizes() (block, window int)     { return zstdBlock, 0 }
func (*zstdCodec) checksum() hash.Hash32          { return nil }
func (*zstdCodec) tail(hash.Hash32, int64) []byte { return nil }
func (*zstdCodec) spaces() *sync.Pool             { return zstdSpaces }

func (z *zstdCodec) encode(dst *bytes.Buffer, _, content []byte, _ bool) error {
	dst.Grow(z.encoder.MaxEncodedSize(zstdBlock)) // Each space allocates this memory only once.
	_, err := dst.Write(z.encoder.EncodeAll(content, dst.AvailableBuffer()))
	return err
}
