package image

import "github.com/google/go-containerregistry/pkg/v1/types"

// DockerLayerZstd is the media type that BuildKit and containerd use for a
// zstd layer of a Docker image. Docker itself has no media type for such a
// layer.
const DockerLayerZstd types.MediaType = "application/vnd.docker.image.rootfs.diff.tar.zstd"

// ociTypes maps the media types of Docker to the media types of OCI for the same
// bytes.
var ociTypes = map[types.MediaType]types.MediaType{
	types.DockerManifestList:      types.OCIImageIndex,
	types.DockerManifestSchema2:   types.OCIManifestSchema1,
	types.DockerConfigJSON:        types.OCIConfigJSON,
	types.DockerLayer:             types.OCILayer,
	types.DockerUncompressedLayer: types.OCIUncompressedLayer,
	types.DockerForeignLayer:      types.OCIRestrictedLayer,
	DockerLayerZstd:               types.OCILayerZStd,
}

// OCIType returns the OCI media type for a media type of Docker. It returns
// any other media type unchanged.
func OCIType(t types.MediaType) types.MediaType {
	if oci, docker := ociTypes[t]; docker {
		return oci
	}
	return t
}

// ToOCI replaces the Docker media types of a pending manifest and of its blobs by
// OCI media types.
func (m *Manifest) ToOCI() {
	m.Descriptor.MediaType = OCIType(m.Descriptor.MediaType)
	renamed := map[*Blob]*Blob{}
	for i, b := range m.Blobs {
		t := OCIType(b.Descriptor.MediaType)
		if t == b.Descriptor.MediaType {
			continue
		}
		if renamed[b] == nil {
			other := *b // another image with Docker media types may use b
			other.Descriptor.MediaType = t
			renamed[b] = &other
		}
		m.Blobs[i] = renamed[b]
	}
}
