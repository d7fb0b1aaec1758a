package source

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/image/compress"
	"github.com/ghcr-publish/ghcr-publish/internal/image/document"
)

// layerKey identifies a layer of a tar. Several images can share the file of
// a layer, and one image can contain the same layer twice.
type layerKey struct {
	file   string
	diffID v1.Hash
}

// layers returns the blobs of the layers of a saved image. Equal layers share
// one blob.
func (d dockerTar) layers(ctx context.Context, s saved, diffIDs []v1.Hash) ([]*image.Blob, error) {
	seen := map[layerKey]*image.Blob{}
	var out []*image.Blob
	for i, file := range s.Layers {
		desc, found := s.LayerSources[diffIDs[i]]
		if found && foreign(desc) && document.Validate(desc) == nil {
			desc = v1.Descriptor{MediaType: desc.MediaType, Size: desc.Size, Digest: desc.Digest, URLs: desc.URLs}
			out = append(out, &image.Blob{Descriptor: desc, DiffID: diffIDs[i], Foreign: true, Open: openForeign(desc)})
			continue
		}
		b, err := d.layer(ctx, file, diffIDs[i], seen)
		if err != nil {
			return nil, err
		}
		out = append(out, b)
	}
	return out, nil
}

// layer returns the blob for one file of the tar.
func (d dockerTar) layer(ctx context.Context, file string, diffID v1.Hash, seen map[layerKey]*image.Blob) (*image.Blob, error) {
	target, err := d.tar.Resolve(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, d.absent("layer", file)
	}
	if err != nil {
		return nil, err
	}
	key := layerKey{target, diffID}
	if b := seen[key]; b != nil {
		return b, nil
	}
	size, err := d.Stat(ctx, target)
	if err != nil {
		return nil, err
	}
	compressed, err := d.gzipped(ctx, target)
	if err != nil {
		return nil, err
	}
	b := &image.Blob{Descriptor: v1.Descriptor{MediaType: types.DockerLayer}, DiffID: diffID, PlainSize: size}
	b.Open = func(ctx context.Context) (io.ReadCloser, error) { return d.Open(ctx, target) }
	if !compressed {
		b.Plain, b.Open = b.Open, d.compress(target, diffID, size)
	}
	seen[key] = b
	return b, nil
}

// gzipped reports whether a layer is compressed with gzip. gzipped reads the
// first bytes of the layer. For a layer that is compressed with zstd, gzipped
// returns an error with the code source-not-supported.
func (d dockerTar) gzipped(ctx context.Context, file string) (bool, error) {
	head, err := d.tar.Head(ctx, file)
	if err != nil {
		return false, unreadable(err, "the layer %q in %q cannot be read", file, d.path)
	}
	found := compress.Detect(head)
	if found == compress.Zstd {
		return false, diag.New(CodeNotSupported, diag.Source, "Export the image as an OCI archive. The OCI specification has a media type for zstd layers, but Docker's image format has no such media type.", nil,
			"the layer %q in %q is compressed with zstd", file, d.path)
	}
	return found == compress.Gzip, nil
}

// compress returns a function that opens an uncompressed layer and compresses
// it. At the end of the layer, the reader compares the digest of the
// uncompressed layer with the diff ID in the config. The reader also compares
// the size of the layer with the size in the tar.
func (d dockerTar) compress(file string, diffID v1.Hash, size int64) func(context.Context) (io.ReadCloser, error) {
	return func(ctx context.Context) (io.ReadCloser, error) {
		r, err := d.Open(ctx, file)
		if err != nil {
			return nil, err
		}
		return compress.Default.Compress(r, func(sum [sha256.Size]byte, got int64) error {
			if got != size {
				return diag.New(CodeTruncated, diag.Source, "Another program changed or truncated the layer while the run read the layer. "+hintRebuild, nil,
					"the layer %q in %q has %d bytes instead of %d", file, d.path, got, size)
			}
			if hex.EncodeToString(sum[:]) != diffID.Hex {
				return diag.New(CodeBlobMismatch, diag.Source, hintRebuild, nil,
					"the layer %q in %q is damaged: its digest is sha256:%x, but the config of the image has %s", file, d.path, sum, diffID)
			}
			return nil
		}), nil
	}
}
