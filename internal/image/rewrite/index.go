package rewrite

import (
	"encoding/json"
	"fmt"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
)

// Index writes the children's present types, digests and sizes into an index,
// in its order, and has attestations name the images they go with. The media
// type is the index's own from then on.
func Index(m *image.Manifest, raw []byte) ([]byte, error) {
	return Edit(raw, func(index Fields) error {
		list, err := index.List("manifests")
		if err != nil {
			return err
		}
		if len(list) != len(m.Children) {
			return fmt.Errorf("it lists %d manifests, and %d were read", len(list), len(m.Children))
		}
		moved := map[string]v1.Hash{}
		for i, entry := range list {
			var was string
			if err := json.Unmarshal(entry["digest"], &was); err != nil {
				return err
			}
			moved[was] = m.Children[i].Descriptor.Digest
		}
		for i, entry := range list {
			if err := entry.repoint(m.Children[i].Descriptor, moved); err != nil {
				return err
			}
		}
		if err := index.head(m); err != nil {
			return err
		}
		return index.Put("manifests", list)
	})
}

// head writes what a pending manifest says of itself: the media type, which it
// need not name (image-spec, "mediaType"), and annotations.
func (f Fields) head(m *image.Manifest) error {
	if f["mediaType"] != nil {
		if err := f.Put("mediaType", m.Descriptor.MediaType); err != nil {
			return err
		}
	}
	if len(m.Annotations) == 0 {
		return nil
	}
	return f.Merge("annotations", m.Annotations)
}

// Annotations are those of a manifest or an index.
func Annotations(raw []byte) map[string]string {
	var doc struct {
		Annotations map[string]string `json:"annotations"`
	}
	_ = json.Unmarshal(raw, &doc) // what is no annotation is none
	return doc.Annotations
}

// repoint gives an entry another manifest, and its attestation another image.
func (f Fields) repoint(to v1.Descriptor, moved map[string]v1.Hash) error {
	if err := f.describe(to); err != nil {
		return err
	}
	var notes map[string]string
	if raw := f["annotations"]; len(raw) > 0 {
		_ = json.Unmarshal(raw, &notes) // what is no annotation names no image
	}
	about, known := moved[notes[image.ReferenceDigest]]
	if !known {
		return nil
	}
	return f.Merge("annotations", map[string]string{image.ReferenceDigest: about.String()})
}

// describe writes what a descriptor says of its content; annotations, URLs and
// all else stay.
func (f Fields) describe(d v1.Descriptor) error {
	delete(f, "data") // a copy of the content, which may have changed
	if err := f.Put("mediaType", d.MediaType); err != nil {
		return err
	}
	if err := f.Put("digest", d.Digest); err != nil {
		return err
	}
	return f.Put("size", d.Size)
}

// Without takes children out of an index that match, and their entries.
func Without(m *image.Manifest, gone func(*image.Manifest) bool) error {
	raw, err := Edit(m.Raw, func(index Fields) error {
		list, err := index.List("manifests")
		if err != nil {
			return err
		}
		if len(list) != len(m.Children) {
			return fmt.Errorf("it lists %d manifests, and %d were read", len(list), len(m.Children))
		}
		entries, children := []Fields{}, []*image.Manifest{}
		for i, c := range m.Children {
			if !gone(c) {
				entries, children = append(entries, list[i]), append(children, c)
			}
		}
		m.Children = children
		return index.Put("manifests", entries)
	})
	if err != nil {
		return fmt.Errorf("rewriting index %s: %w", m.Descriptor.Digest, err)
	}
	return m.Replace(raw)
}
