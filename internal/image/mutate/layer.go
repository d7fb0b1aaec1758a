package mutate

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/image/compress"
)

// maxPlain limits the size of a decompressed layer, in bytes. The largest compressed
// layer that ghcr.io accepts can have this size after decompression. The limit protects
// the machine from decompression bombs.
const maxPlain = 128 << 30

// blob returns a layer that is compressed while it is sent.
func (r *recompressor) blob(b *image.Blob, diffID v1.Hash, mediaType types.MediaType) *image.Blob {
	key := blobKey{b, diffID, mediaType}
	if r.blobs[key] != nil {
		return r.blobs[key]
	}
	size := b.PlainSize
	if !b.Pending() {
		size = b.Descriptor.Size
	}
	r.blobs[key] = &image.Blob{
		Descriptor: v1.Descriptor{MediaType: mediaType, Annotations: b.Descriptor.Annotations},
		DiffID:     diffID, PlainSize: size,
		Open: func(ctx context.Context) (io.ReadCloser, error) { return openCompressed(ctx, b, diffID, r.method) },
	}
	return r.blobs[key]
}

// openCompressed returns the compressed layer. At the end of the layer, the
// reader compares the digest of the uncompressed bytes with the diff id in the
// config.
func openCompressed(ctx context.Context, b *image.Blob, diffID v1.Hash, m compress.Method) (io.ReadCloser, error) {
	in, err := openPlain(ctx, b)
	if err != nil {
		return nil, err
	}
	return m.Compress(in, func(sum [sha256.Size]byte, _ int64) error {
		if diffID.Algorithm == "sha256" && hex.EncodeToString(sum[:]) == diffID.Hex {
			return nil
		}
		return diag.New(codeDamaged, diag.Source, hintRebuild, nil,
			"The layer %s is damaged, because its uncompressed bytes have the digest sha256:%x, but the diff id in the config is %s", digest(b), sum, diffID)
	}), nil
}

// openPlain returns the uncompressed bytes of a layer.
func openPlain(ctx context.Context, b *image.Blob) (io.ReadCloser, error) {
	if b.Plain != nil {
		return b.Plain(ctx)
	}
	packed, err := b.Open(ctx)
	if err != nil {
		return nil, err
	}
	in, err := compress.Decompress(packed, maxPlain)
	if err != nil {
		return nil, layerError(b, err)
	}
	return &layerReader{ReadCloser: in, blob: b}, nil
}

// layerReader adds the digest of the layer to the errors of a reader.
type layerReader struct {
	io.ReadCloser
	blob *image.Blob
}

// Read returns uncompressed bytes.
func (l *layerReader) Read(p []byte) (int, error) {
	n, err := l.ReadCloser.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = layerError(l.blob, err)
	}
	return n, err
}
