package image

import "github.com/google/go-containerregistry/pkg/v1/types"

// DockerLayerZstd is the media type that BuildKit and containerd use for a
// zstd layer of a Docker image. Docker itself has no media type for such a
// layer.
const DockerLayerZstd types.MediaType = "application/vnd.docker.image.rootfs.diff.tar.zstd"

// ociTypes maps each media type of Docker to the OCI media type for the same
// content.
var ociTypes = map[types.MediaType]types.MediaType{
	types.DockerManifestList:      types.OCIImageIndex,
	types.DockerManifestSchema2:   types.OCIManifestSchema1,
	types.DockerConfigJSON:        types.OCIConfigJSON,
	types.DockerLayer:             types.OCILayer,
	types.DockerUncompressedLayer: types.OCIUncompressedLayer,
	types.DockerForeignLayer:      types.OCIRestrictedLayer,
	DockerLayerZstd:               types.OCILayerZStd,
}

// OCIType returns the OCI media type for a media type of Docker. OCIType returns
// any other media type unchanged.
func OCIType(t types.MediaType) types.MediaType {
	if oci, docker := ociTypes[t]; docker {
		return oci
	}
	return t
}

// ToOCI replaces Docker media types by OCI media types in a pending manifest and
// in its blobs.
func (m *Manifest) ToOCI() {
	m.Descriptor.MediaType = OCIType(m.Descriptor.MediaType)
	renamed := map[*Blob]*Blob{}
	for i, b := range m.Blobs {
		t := OCIType(b.Descriptor.MediaType)
		if t == b.Descriptor.MediaType {
			continue
		}
		if renamed[b] == nil {
			other := *b // Another image with Docker media types possibly shares the blob b.
			other.Descriptor.MediaType = t
			renamed[b] = &other
		}
		m.Blobs[i] = renamed[b]
	}
}
