package mutate

import (
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/image/compress"
)

// formats maps the media type of each layer that can be compressed again to the
// compression format of the layer. The map "formats" does not contain the media types
// of foreign layers, because clients download foreign layers from URLs.
var formats = map[types.MediaType]compress.Format{
	types.DockerLayer:             compress.Gzip,
	types.DockerUncompressedLayer: compress.Plain,
	types.OCILayer:                compress.Gzip,
	types.OCIUncompressedLayer:    compress.Plain,
	types.OCILayerZStd:            compress.Zstd,
	image.DockerLayerZstd:         compress.Zstd,
}

// The method "selects" reports whether the program compresses a layer again.
func (r *recompressor) selects(b *image.Blob) bool {
	format, known := formats[b.Descriptor.MediaType]
	switch {
	case !known || b.Foreign || len(b.Descriptor.URLs) > 0:
		return false
	case b.Plain != nil:
		return true
	case format == r.method.Format:
		return false
	case hasContentTable(b.Descriptor):
		r.result.indexed++
		return false
	}
	return true
}

// hasContentTable reports whether a layer has a table of contents. Clients use
// the table to pull parts of the layer. stargz-snapshotter and nydus mark such
// a layer with annotations that begin with "containerd.io/snapshot/", and
// containers/storage marks a zstd:chunked layer with its own annotations.
func hasContentTable(d v1.Descriptor) bool {
	for key := range d.Annotations {
		if strings.HasPrefix(key, "containerd.io/snapshot/") || strings.HasPrefix(key, "io.github.containers.zstd-chunked.") {
			return true
		}
	}
	return false
}

// layerType returns the media type of the new layers. layerType returns a Docker
// media type only for gzip, because Docker does not define media types for other
// compression formats.
func (r *recompressor) layerType(docker bool) types.MediaType {
	if docker && r.method.Format == compress.Gzip {
		return types.DockerLayer
	}
	return r.method.Format.LayerType()
}
