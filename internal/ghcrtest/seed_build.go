package ghcrtest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/v1/types"
)

// builtSeed contains the manifests and blobs of a seed.
type builtSeed struct {
	manifests map[string]*builtManifest // by label
	blobs     map[string][]byte         // by digest
	layers    map[string]seedDescriptor // by name
	rules     map[string]string         // the rules with digests instead of labels
}

// builtManifest is the manifest of one version.
type builtManifest struct {
	seedDescriptor
	raw  []byte
	tags []string
}

// The media types of the manifests and blobs of a seed that go-containerregistry does not
// name.
const (
	seedSBOM      = "application/vnd.example.sbom"
	seedEmpty     = "application/vnd.oci.empty.v1+json"
	seedStatement = "application/vnd.in-toto+json"
	seedCosign    = "application/vnd.dev.cosign.simplesigning.v1+json"
)

// maxSeedLayer is the maximum size of a layer, in bytes.
const maxSeedLayer = 1 << 30

// missingSize is the size of a manifest that an index lists and the package does not have.
const missingSize = 7

type (
	seedManifest struct {
		SchemaVersion int               `json:"schemaVersion"`
		MediaType     types.MediaType   `json:"mediaType"`
		ArtifactType  string            `json:"artifactType,omitempty"`
		Config        *seedDescriptor   `json:"config,omitempty"`
		Layers        []seedDescriptor  `json:"layers,omitempty"`
		Manifests     []seedDescriptor  `json:"manifests,omitempty"`
		Subject       *seedDescriptor   `json:"subject,omitempty"`
		Annotations   map[string]string `json:"annotations"`
	}

	seedDescriptor struct {
		MediaType    types.MediaType   `json:"mediaType"`
		Digest       string            `json:"digest"`
		Size         int64             `json:"size"`
		ArtifactType string            `json:"artifactType,omitempty"`
		Platform     *seedPlatform     `json:"platform,omitempty"`
		Annotations  map[string]string `json:"annotations,omitempty"`
	}

	seedPlatform struct {
		Architecture string `json:"architecture"`
		OS           string `json:"os"`
		Variant      string `json:"variant,omitempty"`
	}
)

// seedBuilder creates the manifests of a seed from the children to the indexes, and from
// the subjects to the referrers.
type seedBuilder struct {
	versions map[string]*SeedVersion
	open     map[string]bool // open contains the versions whose manifests are not complete.
	out      *builtSeed
}

// build creates the manifests, blobs and tags of a seed.
func (s *Seed) build() (*builtSeed, error) {
	b := &seedBuilder{
		versions: map[string]*SeedVersion{}, open: map[string]bool{},
		out: &builtSeed{manifests: map[string]*builtManifest{}, blobs: map[string][]byte{}, layers: map[string]seedDescriptor{}, rules: map[string]string{}},
	}
	for _, v := range s.all() {
		b.versions[v.Label] = v
	}
	for _, v := range s.all() {
		if err := b.build(v); err != nil {
			return nil, err
		}
	}
	for _, v := range s.all() {
		if err := b.expandTags(v); err != nil {
			return nil, err
		}
	}
	for name, value := range s.Rules {
		b.out.rules[name] = b.expand(value)
	}
	for i, change := range s.Options.AfterListing {
		s.Options.AfterListing[i].MoveTag = b.expand(change.MoveTag)
	}
	return b.out, b.checkTags(s.Versions)
}

// build creates the manifest of a version after the manifests to which it refers.
func (b *seedBuilder) build(v *SeedVersion) error {
	if b.out.manifests[v.Label] != nil {
		return nil
	}
	if b.open[v.Label] {
		return fmt.Errorf("version %q refers to itself", v.Label)
	}
	b.open[v.Label] = true
	for _, label := range append(slices.Clone(v.Children), v.Subject) {
		if other := b.versions[label]; other != nil {
			if err := b.build(other); err != nil {
				return err
			}
		}
	}
	m, err := b.manifest(v)
	if err != nil {
		return err
	}
	raw, err := json.Marshal(m)
	if err != nil {
		return err
	}
	d := seedDescriptor{MediaType: m.MediaType, Digest: digestOf(raw), Size: int64(len(raw)), ArtifactType: m.ArtifactType}
	b.out.manifests[v.Label] = &builtManifest{seedDescriptor: d, raw: raw}
	return nil
}

// manifest returns the manifest of a version.
func (b *seedBuilder) manifest(v *SeedVersion) (*seedManifest, error) {
	m := &seedManifest{SchemaVersion: 2, MediaType: types.OCIManifestSchema1, Annotations: map[string]string{"seed": v.Label}}
	if v.Subject != "" {
		subject := b.descriptor(v.Subject)
		m.Subject = &subject
	}
	if v.Kind == SeedIndex {
		return m, b.addEntries(v, m)
	}
	return m, b.addContent(v, m)
}

// descriptor returns the descriptor of a version. A label without a version names a
// manifest that the package does not have.
func (b *seedBuilder) descriptor(label string) seedDescriptor {
	if m := b.out.manifests[label]; m != nil {
		return m.seedDescriptor
	}
	return seedDescriptor{MediaType: types.OCIManifestSchema1, Digest: digestOf([]byte(label)), Size: missingSize}
}

// addContent adds the config and the layers of a manifest that is not an index.
func (b *seedBuilder) addContent(v *SeedVersion, m *seedManifest) error {
	layerType := map[SeedKind]types.MediaType{
		SeedImage: types.OCIUncompressedLayer, SeedAttestation: seedStatement, SeedArtifact: seedSBOM, SeedSignature: seedCosign,
	}[v.Kind]
	for _, name := range slices.Sorted(maps.Keys(v.Layers)) {
		layer, err := b.layer(name, v.Layers[name])
		if err != nil {
			return fmt.Errorf("version %q: %w", v.Label, err)
		}
		layer.MediaType = layerType
		m.Layers = append(m.Layers, layer)
	}
	config := []byte("{}")
	configType := types.MediaType(seedEmpty)
	if v.Kind == SeedArtifact {
		m.ArtifactType = seedSBOM
	} else {
		config, configType = seedConfig(v, m.Layers), types.OCIConfigJSON
	}
	b.out.blobs[digestOf(config)] = config
	m.Config = &seedDescriptor{MediaType: configType, Digest: digestOf(config), Size: int64(len(config))}
	return nil
}

// seedConfig returns the config of an image. The label "seed" makes the config unique.
func seedConfig(v *SeedVersion, layers []seedDescriptor) []byte {
	diffs := []string{}
	for _, layer := range layers {
		diffs = append(diffs, layer.Digest)
	}
	raw, _ := json.Marshal(map[string]any{ //nolint:errchkjson // never fails, because the value contains only texts
		"architecture": "amd64", "os": "linux",
		"config": map[string]any{"Labels": map[string]string{"seed": v.Label}},
		"rootfs": map[string]any{"type": "layers", "diff_ids": diffs},
	})
	return raw
}

// layer returns the descriptor of a layer. A layer consists of its name, which is repeated
// until the layer has its size. Layers with the same name are the same blob, and layers with
// different names are different blobs.
func (b *seedBuilder) layer(name string, size int64) (seedDescriptor, error) {
	known, again := b.out.layers[name]
	if again && known.Size != size {
		return seedDescriptor{}, fmt.Errorf("the layer %q has two sizes, %d and %d", name, known.Size, size)
	}
	if !again {
		content := b.content(name, int(size))
		known = seedDescriptor{Digest: digestOf(content), Size: size}
		b.out.layers[name], b.out.blobs[known.Digest] = known, content
	}
	return known, nil
}

// content returns the bytes of a layer. If the layer is shorter than its name, another layer
// can have the same bytes. Then the content starts at a later letter of the name.
func (b *seedBuilder) content(name string, size int) []byte {
	letters := strings.Repeat(name, size/len(name)+2)
	for start := range len(name) {
		content := []byte(letters[start : start+size])
		if _, taken := b.out.blobs[digestOf(content)]; !taken {
			return content
		}
	}
	return []byte(letters[:size])
}
