package recompress

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/image/compress"
)

// maxPlain bounds a layer once it is decompressed, in bytes: what ghcr.io takes
// compressed, and what good compression makes of it. A bomb ends here.
const maxPlain = 128 << 30

// blob is a layer that is compressed while it is sent.
func (w *work) blob(b *image.Blob, diffID v1.Hash, as types.MediaType) *image.Blob {
	key := made{b, diffID, as}
	if w.made[key] != nil {
		return w.made[key]
	}
	size := b.PlainSize
	if !b.Pending() {
		size = b.Descriptor.Size
	}
	w.made[key] = &image.Blob{
		Descriptor: v1.Descriptor{MediaType: as, Annotations: b.Descriptor.Annotations},
		DiffID:     diffID, PlainSize: size,
		Open: func(ctx context.Context) (io.ReadCloser, error) { return open(ctx, b, diffID, w.method) },
	}
	return w.made[key]
}

// open starts compressing a layer; at its end it is known whether it was the
// one that the config names.
func open(ctx context.Context, b *image.Blob, diffID v1.Hash, m compress.Method) (io.ReadCloser, error) {
	in, err := plain(ctx, b)
	if err != nil {
		return nil, err
	}
	return m.Compress(in, func(sum [sha256.Size]byte, _ int64) error {
		if diffID.Algorithm == "sha256" && hex.EncodeToString(sum[:]) == diffID.Hex {
			return nil
		}
		return &diag.Error{
			Code: codeDamaged, Side: diag.Source, Hint: hintRebuild,
			Title: fmt.Sprintf("The layer %s is damaged: its plain bytes have the digest sha256:%x, and the config says %s", named(b), sum, diffID),
		}
	}), nil
}

// plain starts reading a layer uncompressed.
func plain(ctx context.Context, b *image.Blob) (io.ReadCloser, error) {
	if b.Plain != nil {
		return b.Plain(ctx)
	}
	packed, err := b.Open(ctx)
	if err != nil {
		return nil, err
	}
	in, err := compress.Decompress(packed, maxPlain)
	if err != nil {
		return nil, explain(b, err)
	}
	return &labelled{ReadCloser: in, blob: b}, nil
}

// labelled says of its errors which layer they are of.
type labelled struct {
	io.ReadCloser
	blob *image.Blob
}

// Read returns plain bytes.
func (l *labelled) Read(p []byte) (int, error) {
	n, err := l.ReadCloser.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = explain(l.blob, err)
	}
	return n, err
}
