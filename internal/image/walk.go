package image

import (
	"bytes"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// Manifests lists the tree below and including root, children before parents,
// each digest once, and each pending one once: the order in which a registry
// accepts them.
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

// Blobs lists the blobs of the tree in order of first mention, each known
// digest once and each pending blob once, foreign layers left out.
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

// Images lists the image manifests that run somewhere: those with a platform
// that is not BuildKit's unknown/unknown for attestations.
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

// Runs tells images from indexes, from artifacts and from BuildKit's
// attestations, which claim the platform unknown/unknown.
func (m *Manifest) Runs() bool {
	nowhere := m.Platform != nil && m.Platform.OS == "unknown"
	return len(m.Blobs) > 0 && m.Blobs[0].Descriptor.MediaType.IsConfig() && !m.Attests() && !nowhere
}

// How BuildKit ties an attestation to its image (BuildKit documentation,
// "Image attestation storage").
const (
	ReferenceType   = "vnd.docker.reference.type"
	ReferenceDigest = "vnd.docker.reference.digest"
	attestationType = "attestation-manifest"
)

// Attests reports entries of an index that say something of another one, as
// BuildKit writes them.
func (m *Manifest) Attests() bool { return m.Descriptor.Annotations[ReferenceType] == attestationType }
