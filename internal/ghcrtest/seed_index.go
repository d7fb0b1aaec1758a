package ghcrtest

import (
	"fmt"
	"slices"

	"github.com/google/go-containerregistry/pkg/v1/types"
)

// seedPlatforms are the platforms of the entries of an index, in this order. An index with
// more entries uses variants of linux/amd64.
var seedPlatforms = []seedPlatform{
	{"amd64", "linux", ""}, {"arm64", "linux", ""}, {"arm", "linux", "v7"}, {"s390x", "linux", ""}, {"ppc64le", "linux", ""},
	{"riscv64", "linux", ""}, {"386", "linux", ""}, {"arm", "linux", "v6"}, {"mips64le", "linux", ""}, {"loong64", "linux", ""},
}

// addEntries adds the entries of an index. The entries of images have platforms. The entries
// of nested indexes and of referrers have no platforms.
func (b *seedBuilder) addEntries(v *SeedVersion, m *seedManifest) error {
	m.MediaType = types.OCIImageIndex
	m.Manifests = []seedDescriptor{}
	images := 0
	for _, label := range v.Children {
		entry := b.descriptor(label)
		child := b.versions[label]
		switch {
		case child != nil && child.Kind == SeedAttestation, slices.Contains(v.Attestations, label):
			if err := b.describeAttestation(&entry, v, child); err != nil {
				return err
			}
		case child == nil, child.Kind == SeedImage:
			entry.Platform = platformOf(images)
			images++
		}
		m.Manifests = append(m.Manifests, entry)
	}
	return nil
}

// platformOf returns the platform of the image at a position of an index.
func platformOf(at int) *seedPlatform {
	if at < len(seedPlatforms) {
		return &seedPlatforms[at]
	}
	return &seedPlatform{"amd64", "linux", fmt.Sprintf("v%d", at)}
}

// describeAttestation adds the fields with which BuildKit marks an attestation in an
// index. An attestation without the field "of" describes the first entry of the index.
func (b *seedBuilder) describeAttestation(entry *seedDescriptor, index, attestation *SeedVersion) error {
	image := index.Children[0]
	if attestation != nil && attestation.Of != "" {
		image = attestation.Of
	}
	if other := b.versions[image]; other != nil {
		if err := b.build(other); err != nil {
			return err
		}
	}
	entry.Platform = &seedPlatform{"unknown", "unknown", ""}
	entry.Annotations = map[string]string{
		"vnd.docker.reference.type":   "attestation-manifest",
		"vnd.docker.reference.digest": b.descriptor(image).Digest,
	}
	return nil
}
