package sourcetest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// These variables are the platforms of the images in tests.
var (
	AMD64   = &v1.Platform{OS: "linux", Architecture: "amd64"}
	ARM64   = &v1.Platform{OS: "linux", Architecture: "arm64", Variant: "v8"}
	Unknown = &v1.Platform{OS: "unknown", Architecture: "unknown"}
)

// RefName and ImageName are the annotations that contain the name of an image in a
// layout.
const (
	RefName   = "org.opencontainers.image.ref.name"
	ImageName = "io.containerd.image.name"
)

// Layout is an OCI layout in memory.
type Layout struct {
	// Entries are the descriptors in index.json.
	Entries []v1.Descriptor

	tb    testing.TB
	files []File
	met   map[v1.Hash]bool
}

// NewLayout returns an empty layout.
func NewLayout(tb testing.TB) *Layout {
	return &Layout{tb: tb, met: map[v1.Hash]bool{}}
}

// Testing returns the test that created the layout.
func (l *Layout) Testing() testing.TB { return l.tb }

// Blob stores a blob in the layout.
func (l *Layout) Blob(t types.MediaType, raw []byte) v1.Descriptor {
	l.tb.Helper()
	h, size, err := v1.SHA256(bytes.NewReader(raw))
	check(l.tb, err)
	if !l.met[h] {
		l.met[h] = true
		l.files = append(l.files, File{Name: BlobName(h), Body: raw})
	}
	return v1.Descriptor{MediaType: t, Size: size, Digest: h}
}

// BlobName returns the path of a blob in a layout.
func BlobName(h v1.Hash) string { return "blobs/" + h.Algorithm + "/" + h.Hex }

// JSON encodes v as JSON and stores the JSON as a blob.
func (l *Layout) JSON(t types.MediaType, v any) v1.Descriptor {
	l.tb.Helper()
	raw, err := json.Marshal(v)
	check(l.tb, err)
	return l.Blob(t, raw)
}

// LayerTar returns an uncompressed layer with one small file that contains text.
func LayerTar(tb testing.TB, text string) []byte {
	tb.Helper()
	return TarBytes(tb, []File{{Name: "etc/motd", Body: []byte(text)}})
}

// Image stores an OCI image with one layer for each text. The layers are
// compressed with gzip.
func (l *Layout) Image(p *v1.Platform, texts ...string) v1.Descriptor {
	l.tb.Helper()
	var plain [][]byte
	for _, text := range texts {
		plain = append(plain, LayerTar(l.tb, text))
	}
	return l.ImageOf(p, types.OCILayer, plain...)
}

// ImageOf stores an OCI image with layers of the media type t. If t is not
// the media type of uncompressed layers, ImageOf compresses the layers with
// gzip.
func (l *Layout) ImageOf(p *v1.Platform, t types.MediaType, plain ...[]byte) v1.Descriptor {
	l.tb.Helper()
	m := v1.Manifest{
		SchemaVersion: 2,
		MediaType:     types.OCIManifestSchema1,
		Config:        l.Blob(types.OCIConfigJSON, Config(l.tb, p, plain...)),
	}
	for _, raw := range plain {
		if t != types.OCIUncompressedLayer {
			raw = Gzip(raw)
		}
		m.Layers = append(m.Layers, l.Blob(t, raw))
	}
	return l.JSON(m.MediaType, m)
}

// Config returns an image config that contains the diff IDs of the layers.
func Config(tb testing.TB, p *v1.Platform, plain ...[]byte) []byte {
	tb.Helper()
	c := v1.ConfigFile{OS: p.OS, Architecture: p.Architecture, Variant: p.Variant, OSVersion: p.OSVersion, RootFS: v1.RootFS{Type: "layers"}}
	for _, raw := range plain {
		h, _, err := v1.SHA256(bytes.NewReader(raw))
		check(tb, err)
		c.RootFS.DiffIDs = append(c.RootFS.DiffIDs, h)
	}
	raw, err := json.Marshal(c)
	check(tb, err)
	return raw
}

// Attestation stores an attestation of an image in the format of BuildKit before version
// 0.32.
func (l *Layout) Attestation(of v1.Descriptor) v1.Descriptor {
	l.tb.Helper()
	return l.attestation(of, v1.Manifest{Config: l.Blob(types.OCIConfigJSON, Config(l.tb, Unknown))})
}

// BoundAttestation stores an attestation of an image in the format of
// BuildKit 0.32 and later, which is an artifact whose subject is the image.
func (l *Layout) BoundAttestation(of v1.Descriptor) v1.Descriptor {
	l.tb.Helper()
	return l.attestation(of, v1.Manifest{
		ArtifactType: "application/vnd.docker.attestation.manifest.v1+json",
		Config:       l.Blob("application/vnd.oci.empty.v1+json", []byte("{}")),
		Subject:      &v1.Descriptor{MediaType: of.MediaType, Size: of.Size, Digest: of.Digest},
	})
}

func (l *Layout) attestation(of v1.Descriptor, m v1.Manifest) v1.Descriptor {
	l.tb.Helper()
	m.SchemaVersion, m.MediaType = 2, types.OCIManifestSchema1
	m.Layers = []v1.Descriptor{l.Blob("application/vnd.in-toto+json", fmt.Appendf(nil, `{"subject":%q}`, of.Digest))}
	d := l.JSON(m.MediaType, m)
	d.Platform = Unknown
	d.Annotations = map[string]string{
		"vnd.docker.reference.type":   "attestation-manifest",
		"vnd.docker.reference.digest": of.Digest.String(),
	}
	return d
}

// Index stores an index.
func (l *Layout) Index(children ...v1.Descriptor) v1.Descriptor {
	l.tb.Helper()
	return l.JSON(types.OCIImageIndex, v1.IndexManifest{SchemaVersion: 2, MediaType: types.OCIImageIndex, Manifests: children})
}

// MultiPlatform stores an index with an image and an attestation for each of
// two platforms.
func (l *Layout) MultiPlatform() v1.Descriptor {
	l.tb.Helper()
	amd, arm := On(l.Image(AMD64, "shared", "amd64"), AMD64), On(l.Image(ARM64, "shared", "arm64"), ARM64)
	return l.Index(amd, arm, l.Attestation(amd), l.Attestation(arm))
}

// On returns the descriptor with the given platform.
func On(d v1.Descriptor, p *v1.Platform) v1.Descriptor {
	d.Platform = p
	return d
}

// Add adds one entry for each name to index.json, or one entry without a
// name. For a name with a "/", Add writes the annotations of containerd. One
// of these annotations contains the whole name, and the other annotation
// contains only the tag.
func (l *Layout) Add(d v1.Descriptor, names ...string) {
	if len(names) == 0 {
		l.Entries = append(l.Entries, d)
	}
	for _, n := range names {
		d.Annotations = map[string]string{RefName: n}
		if strings.Contains(n, "/") {
			d.Annotations = map[string]string{ImageName: n, RefName: n[strings.LastIndex(n, ":")+1:]}
		}
		l.Entries = append(l.Entries, d)
	}
}

// Files returns the files of the layout. The first file is index.json.
func (l *Layout) Files() []File {
	l.tb.Helper()
	raw, err := json.Marshal(v1.IndexManifest{SchemaVersion: 2, Manifests: l.Entries})
	check(l.tb, err)
	return append([]File{
		{Name: "index.json", Body: raw},
		{Name: "oci-layout", Body: []byte(`{"imageLayoutVersion":"1.0.0"}`)},
	}, l.files...)
}

// Documents stores an attestation of an image in the format of BuildKit, with one document
// for each predicate type.
func (l *Layout) Documents(of v1.Descriptor, documents ...Document) v1.Descriptor {
	l.tb.Helper()
	m := v1.Manifest{SchemaVersion: 2, MediaType: types.OCIManifestSchema1, Config: l.Blob(types.OCIConfigJSON, Config(l.tb, Unknown))}
	for _, each := range documents {
		layer := l.Blob("application/vnd.in-toto+json", fmt.Appendf(nil, `{"predicateType":%q,"subject":[{"digest":{"sha256":%q}}],"predicate":%s}`, each.Type, of.Digest.Hex, each.Predicate))
		layer.Annotations = map[string]string{"in-toto.io/predicate-type": each.Type}
		m.Layers = append(m.Layers, layer)
	}
	d := l.JSON(m.MediaType, m)
	d.Platform = Unknown
	d.Annotations = map[string]string{
		"vnd.docker.reference.type":   "attestation-manifest",
		"vnd.docker.reference.digest": of.Digest.String(),
	}
	return d
}

// Document is one document of an attestation.
type Document struct{ Type, Predicate string }

// Configured stores an OCI image with the given config and one layer for each text.
func (l *Layout) Configured(p *v1.Platform, config v1.Config, texts ...string) v1.Descriptor {
	l.tb.Helper()
	file := v1.ConfigFile{OS: p.OS, Architecture: p.Architecture, Variant: p.Variant, Config: config, RootFS: v1.RootFS{Type: "layers"}}
	m := v1.Manifest{SchemaVersion: 2, MediaType: types.OCIManifestSchema1}
	for _, text := range texts {
		raw := LayerTar(l.tb, text)
		h, _, err := v1.SHA256(bytes.NewReader(raw))
		check(l.tb, err)
		file.RootFS.DiffIDs = append(file.RootFS.DiffIDs, h)
		m.Layers = append(m.Layers, l.Blob(types.OCILayer, Gzip(raw)))
	}
	m.Config = l.JSON(types.OCIConfigJSON, file)
	d := l.JSON(m.MediaType, m)
	d.Platform = p
	return d
}
