package recompress

import (
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/image/compress"
)

// formats are the layers that can be compressed otherwise, and how they are
// compressed now. Foreign ones are not among them: they are fetched as their
// addresses have them.
var formats = map[types.MediaType]compress.Format{
	types.DockerLayer:             compress.Gzip,
	types.DockerUncompressedLayer: compress.Plain,
	types.OCILayer:                compress.Gzip,
	types.OCIUncompressedLayer:    compress.Plain,
	types.OCILayerZStd:            compress.Zstd,
	image.DockerLayerZstd:         compress.Zstd,
}

// wants reports layers that are to be compressed.
func (w *work) wants(b *image.Blob) bool {
	format, known := formats[b.Descriptor.MediaType]
	switch {
	case !known || b.Foreign || len(b.Descriptor.URLs) > 0:
		return false
	case b.Plain != nil:
		return true
	case format == w.method.Format:
		return false
	case indexed(b.Descriptor):
		w.result.Indexed++
		return false
	}
	return true
}

// indexed reports layers with a table of contents for pulling them in parts
// (stargz-snapshotter and nydus, "containerd.io/snapshot/"; zstd:chunked of
// containers/storage).
func indexed(d v1.Descriptor) bool {
	for key := range d.Annotations {
		if strings.HasPrefix(key, "containerd.io/snapshot/") || strings.HasPrefix(key, "io.github.containers.zstd-chunked.") {
			return true
		}
	}
	return false
}

// LayerType is the OCI media type of a layer of the format.
func LayerType(f compress.Format) types.MediaType {
	return map[compress.Format]types.MediaType{
		compress.Plain: types.OCIUncompressedLayer, compress.Gzip: types.OCILayer, compress.Zstd: types.OCILayerZStd,
	}[f]
}

// mediaType is what a layer becomes. Docker's own types have a name for gzip
// alone.
func (w *work) mediaType(docker bool) types.MediaType {
	if docker && w.method.Format == compress.Gzip {
		return types.DockerLayer
	}
	return LayerType(w.method.Format)
}
