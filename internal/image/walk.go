package image

import (
	"bytes"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// Manifests lists root and all manifests below root. In the list, children
// precede their parents, because a registry accepts a parent only after its
// children. Each manifest occurs once in the list.
func Manifests(root *Manifest) []*Manifest {
	var out []*Manifest
	seen := map[v1.Hash]bool{}
	pending := map[*Manifest]bool{}
	var visit func(*Manifest)
	visit = func(m *Manifest) {
		if pending[m] || (!m.Pending() && seen[m.Descriptor.Digest]) {
			return
		}
		pending[m] = m.Pending()
		seen[m.Descriptor.Digest] = true
		for _, c := range m.Children {
			visit(c)
		}
		out = append(out, m)
	}
	visit(root)
	return out
}

// Blobs lists the blobs of the tree in the order of their first use. Each blob
// occurs once in the list. Blobs omits foreign layers.
func Blobs(root *Manifest) []*Blob {
	var out []*Blob
	seen := map[v1.Hash]bool{}
	pending := map[*Blob]bool{}
	for _, m := range Manifests(root) {
		for _, b := range m.Blobs {
			if b.Foreign || pending[b] || (!b.Pending() && seen[b.Descriptor.Digest]) {
				continue
			}
			pending[b] = b.Pending()
			seen[b.Descriptor.Digest] = true
			out = append(out, b)
		}
	}
	return out
}

// Images lists the image manifests that have a platform. Images omits
// attestations, because BuildKit gives attestations the platform
// unknown/unknown.
func Images(root *Manifest) []*Manifest {
	var out []*Manifest
	for _, m := range Manifests(root) {
		if !m.Index() && m.Platform != nil && m.Platform.OS != "unknown" {
			out = append(out, m)
		}
	}
	return out
}

func digestOf(raw []byte) (v1.Hash, error) {
	h, _, err := v1.SHA256(bytes.NewReader(raw))
	return h, err
}

// IsRunnable reports whether m is an image that can run. IsRunnable returns
// false for an index, an artifact or an attestation. BuildKit gives its
// attestations the platform unknown/unknown.
func (m *Manifest) IsRunnable() bool {
	unknown := m.Platform != nil && m.Platform.OS == "unknown"
	return len(m.Blobs) > 0 && m.Blobs[0].Descriptor.MediaType.IsConfig() && !m.IsAttestation() && !unknown
}
