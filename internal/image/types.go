package image

import "github.com/google/go-containerregistry/pkg/v1/types"

// DockerLayerZstd is what BuildKit and containerd call a layer of Docker's types
// that is compressed with zstd; Docker itself has no name for it.
const DockerLayerZstd types.MediaType = "application/vnd.docker.image.rootfs.diff.tar.zstd"

// ociTypes are the OCI names of what Docker's media types name. The bytes are
// the same.
var ociTypes = map[types.MediaType]types.MediaType{
	types.DockerManifestList:      types.OCIImageIndex,
	types.DockerManifestSchema2:   types.OCIManifestSchema1,
	types.DockerConfigJSON:        types.OCIConfigJSON,
	types.DockerLayer:             types.OCILayer,
	types.DockerUncompressedLayer: types.OCIUncompressedLayer,
	types.DockerForeignLayer:      types.OCIRestrictedLayer,
	DockerLayerZstd:               types.OCILayerZStd,
}

// OCIType is the OCI name of a media type of Docker's; others stay.
func OCIType(t types.MediaType) types.MediaType {
	if oci, docker := ociTypes[t]; docker {
		return oci
	}
	return t
}

// ToOCI gives a manifest or index that is not settled yet, and the blobs it
// names, OCI's media types in the place of Docker's.
func (m *Manifest) ToOCI() {
	m.Descriptor.MediaType = OCIType(m.Descriptor.MediaType)
	renamed := map[*Blob]*Blob{}
	for i, b := range m.Blobs {
		t := OCIType(b.Descriptor.MediaType)
		if t == b.Descriptor.MediaType {
			continue
		}
		if renamed[b] == nil {
			other := *b // an image of Docker's may have it, too
			other.Descriptor.MediaType = t
			renamed[b] = &other
		}
		m.Blobs[i] = renamed[b]
	}
}
