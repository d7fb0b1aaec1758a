package compress

import (
	"bytes"
	"hash"
	"runtime"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// zstdBlock is the plain bytes in a block, and in a frame: what lets all cores
// work on one layer in little memory costs some two percent of its size.
// Changing it changes every digest made with zstd.
const zstdBlock = 1 << 20

// maxThorough bounds the encoders of the levels from 10 on, which take some
// 40 MiB each; those of lower levels take a tenth of that.
const maxThorough = 4

// zstdCodec writes each block as a frame of its own with its size and
// checksum; a sequence of frames is a zstd stream (RFC 8878, section 3), and
// any reader of layers takes it for one.
type zstdCodec struct{ encoder *zstd.Encoder }

func newZstd(level int) (codec, error) {
	speed, encoders := zstd.EncoderLevelFromZstd(level), runtime.GOMAXPROCS(0)
	if speed == zstd.SpeedBestCompression {
		encoders = min(encoders, maxThorough)
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
	dst.Grow(z.encoder.MaxEncodedSize(zstdBlock)) // once for each space
	_, err := dst.Write(z.encoder.EncodeAll(content, dst.AvailableBuffer()))
	return err
}
