// Package stamp writes labels and annotations into an image that was built
// without them: labels into the config of every image of the tree, annotations
// into the root. What is not named stays as it is, unknown fields included;
// the bytes change, and with them the digests up to the root.
//
// It is used only where the user asked for it: an image that came in keeps its
// digest otherwise.
package stamp

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
)

// maxConfig bounds a config that is rewritten, in bytes.
const maxConfig = 8 << 20

// referenceDigest is BuildKit's annotation by which an attestation manifest
// names its image.
const referenceDigest = "vnd.docker.reference.digest"

// Apply changes the tree in place. Labels go into configs; annotations, and
// for an index the labels as well, go into the root: ghcr.io's package page
// reads an index's annotations and not its children's labels (GHCR.md §2.2).
func Apply(ctx context.Context, root *image.Manifest, labels, annotations map[string]string) ([]diag.Notice, error) {
	s := &stamper{ctx: ctx, labels: labels, moved: map[v1.Hash]v1.Hash{}}
	if root.Index() {
		annotations = union(labels, annotations)
	}
	before := root.Descriptor.Digest
	if err := s.images(root); err != nil {
		return nil, err
	}
	if err := s.annotate(root, annotations); err != nil {
		return nil, err
	}
	return s.notices(before, root), nil
}

type stamper struct {
	ctx     context.Context
	labels  map[string]string
	moved   map[v1.Hash]v1.Hash // digests of manifests, before and after
	docker  bool                // a Docker manifest could not take annotations
	attests bool                // an attestation speaks of a digest that moved
}

func union(a, b map[string]string) map[string]string {
	out := maps.Clone(a)
	if out == nil {
		out = map[string]string{}
	}
	maps.Copy(out, b)
	return out
}

// images labels everything below a node, leaves first.
func (s *stamper) images(m *image.Manifest) error {
	if len(s.labels) == 0 {
		return nil
	}
	before := m.Descriptor.Digest
	for _, child := range m.Children {
		if err := s.images(child); err != nil {
			return err
		}
	}
	switch {
	case m.Index():
		if err := s.relist(m); err != nil {
			return err
		}
	case runs(m):
		if err := s.label(m); err != nil {
			return err
		}
	}
	if m.Descriptor.Digest != before {
		s.moved[before] = m.Descriptor.Digest
	}
	return nil
}

// runs tells images from artifacts and from BuildKit's attestations.
func runs(m *image.Manifest) bool {
	return len(m.Blobs) > 0 && m.Blobs[0].Descriptor.MediaType.IsConfig() && (m.Platform == nil || m.Platform.OS != "unknown")
}

// label rewrites an image's config, and its manifest for the new digest.
func (s *stamper) label(m *image.Manifest) error {
	raw, err := read(s.ctx, m.Blobs[0])
	if err != nil {
		return fmt.Errorf("reading a config to label it: %w", err)
	}
	raw, err = edit(raw, func(config fields) error {
		return config.edit("config", func(inner fields) error {
			return inner.merge("Labels", s.labels)
		})
	})
	if err != nil {
		return fmt.Errorf("labelling a config: %w", err)
	}
	config := blob(m.Blobs[0], raw)
	m.Blobs[0] = config
	if m.Pending() {
		return nil // assembled from its blobs later
	}
	return set(m, func(manifest fields) error { return manifest.put("config", config.Descriptor) })
}

// relist writes the children's new digests into an index.
func (s *stamper) relist(m *image.Manifest) error {
	return set(m, func(index fields) error {
		var list []fields
		if err := json.Unmarshal(index["manifests"], &list); err != nil {
			return err
		}
		if len(list) != len(m.Children) {
			return fmt.Errorf("it lists %d manifests, and %d were read", len(list), len(m.Children))
		}
		for i, entry := range list {
			if err := s.repoint(entry, m.Children[i]); err != nil {
				return err
			}
		}
		return index.put("manifests", list)
	})
}

func (s *stamper) repoint(entry fields, child *image.Manifest) error {
	delete(entry, "data") // a copy of the content, which may have changed
	if err := entry.put("digest", child.Descriptor.Digest); err != nil {
		return err
	}
	if err := entry.put("size", child.Descriptor.Size); err != nil {
		return err
	}
	to := s.moved[attested(entry)]
	if to == (v1.Hash{}) {
		return nil
	}
	s.attests = true
	return entry.merge("annotations", map[string]string{referenceDigest: to.String()})
}

// attested is the image that an attestation's entry names; zero for others.
func attested(entry fields) v1.Hash {
	var notes map[string]string
	if raw := entry["annotations"]; len(raw) > 0 {
		_ = json.Unmarshal(raw, &notes) // what is no annotation names no image
	}
	digest, _ := v1.NewHash(notes[referenceDigest]) // the zero hash if it is none
	return digest
}

// annotate writes annotations into the root.
func (s *stamper) annotate(root *image.Manifest, annotations map[string]string) error {
	if len(annotations) == 0 {
		return nil
	}
	if strings.Contains(string(root.Descriptor.MediaType), ".docker.") {
		s.docker = true
		return nil
	}
	return set(root, func(m fields) error { return m.merge("annotations", annotations) })
}

func (s *stamper) notices(before v1.Hash, root *image.Manifest) []diag.Notice {
	var out []diag.Notice
	if before != root.Descriptor.Digest {
		out = append(out, diag.Notice{
			Code: "stamped", Level: diag.Info, Title: "Labels change the digest",
			Text: fmt.Sprintf("The source is %s; with the labels and annotations asked for it is published as %s.", before, root.Descriptor.Digest),
		})
	}
	if s.docker {
		out = append(out, diag.Notice{
			Code: "annotations-need-oci", Level: diag.Warning, Title: "No annotations",
			Text: "The image has Docker's manifest type, which knows no annotations; the labels are in. Build it as OCI (docker buildx build --output type=oci) to have both.",
		})
	}
	if s.attests {
		out = append(out, diag.Notice{
			Code: "attestations-speak-of-source", Level: diag.Warning, Title: "Attestations speak of the image before labels",
			Text: "The attestations in this index go along, but were made for digests that changed with the labels. Set labels in the build instead (metadata computes them).",
		})
	}
	return out
}

// set edits a manifest's JSON and settles its new bytes.
func set(m *image.Manifest, change func(fields) error) error {
	raw, err := edit(m.Raw, change)
	if err != nil {
		return fmt.Errorf("rewriting manifest %s: %w", m.Descriptor.Digest, err)
	}
	if len(raw) > image.MaxManifestSize {
		return diag.Inputf("annotations", "manifest-too-large", "Set fewer or shorter ones.", "With these labels and annotations the manifest has %d bytes; registries take 4 MiB", len(raw))
	}
	digest, size, err := v1.SHA256(bytes.NewReader(raw))
	m.Raw, m.Descriptor.Digest, m.Descriptor.Size = raw, digest, size
	return err
}

func read(ctx context.Context, b *image.Blob) ([]byte, error) {
	if b.Descriptor.Size > maxConfig {
		return nil, fmt.Errorf("config %s has %d bytes, more than %d", b.Descriptor.Digest, b.Descriptor.Size, maxConfig)
	}
	r, err := b.Open(ctx)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	raw, err := io.ReadAll(io.LimitReader(r, maxConfig+1))
	if err != nil {
		return nil, err
	}
	digest, _, err := v1.SHA256(bytes.NewReader(raw))
	if err == nil && digest != b.Descriptor.Digest {
		err = fmt.Errorf("config %s holds other bytes: they hash to %s", b.Descriptor.Digest, digest)
	}
	return raw, err
}

// blob replaces a config's bytes; it is no longer anywhere else.
func blob(old *image.Blob, raw []byte) *image.Blob {
	desc := old.Descriptor
	desc.Digest, desc.Size, _ = v1.SHA256(bytes.NewReader(raw)) // reading from memory cannot fail
	desc.Data = nil
	return &image.Blob{Descriptor: desc, Open: func(context.Context) (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(raw)), nil
	}}
}
