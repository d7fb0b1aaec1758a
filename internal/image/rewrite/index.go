package rewrite

import (
	"encoding/json"
	"fmt"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
)

// Index returns a new version of the index in the argument "raw". The new version has the
// media type of m. The entries of the new version have the current media types, digests
// and sizes of the children of m. The annotation of an attestation entry contains the new
// digest of the attested image.
func Index(m *image.Manifest, raw []byte) ([]byte, error) {
	return Edit(raw, func(index Fields) error {
		list, err := index.entries(m)
		if err != nil {
			return err
		}
		changed := map[string]v1.Hash{} // The map "changed" has the old digests as keys and the new digests as values.
		for i, entry := range list {
			var old string
			if err := json.Unmarshal(entry["digest"], &old); err != nil {
				return err
			}
			changed[old] = m.Children[i].Descriptor.Digest
		}
		for i, entry := range list {
			if err := entry.updateEntry(m.Children[i].Descriptor, changed); err != nil {
				return err
			}
		}
		if err := index.updateHeader(m); err != nil {
			return err
		}
		return index.Set("manifests", list)
	})
}

// entries returns the entries of an index. The method "entries" returns an error if the
// number of entries differs from the number of children of m.
func (f Fields) entries(m *image.Manifest) ([]Fields, error) {
	list, err := f.List("manifests")
	if err == nil && len(list) != len(m.Children) {
		err = fmt.Errorf("the index lists %d manifests, but the program read %d manifests", len(list), len(m.Children))
	}
	return list, err
}

// updateHeader sets the field "mediaType" only if the document already has this
// field, because the field is optional (image-spec, "mediaType"). updateHeader
// also adds the annotations of a pending manifest.
func (f Fields) updateHeader(m *image.Manifest) error {
	if f["mediaType"] != nil {
		if err := f.Set("mediaType", m.Descriptor.MediaType); err != nil {
			return err
		}
	}
	if len(m.Annotations) == 0 {
		return nil
	}
	return f.Merge("annotations", m.Annotations)
}

// Annotations returns the annotations of a manifest or an index. Annotations
// ignores annotations whose values are not strings.
func Annotations(raw []byte) map[string]string {
	var doc struct {
		Annotations map[string]string `json:"annotations"`
	}
	_ = json.Unmarshal(raw, &doc) // A value that is not a string is not an annotation.
	return doc.Annotations
}

// updateEntry sets the descriptor of an entry. For the entry of an attestation,
// updateEntry also replaces the digest of the attested image.
func (f Fields) updateEntry(d v1.Descriptor, changed map[string]v1.Hash) error {
	if err := f.updateDescriptor(d); err != nil {
		return err
	}
	var annotations map[string]string
	if raw := f["annotations"]; len(raw) > 0 {
		_ = json.Unmarshal(raw, &annotations) // A value that is not a string is not the digest of an image.
	}
	digest, known := changed[annotations[image.ReferenceDigest]]
	if !known {
		return nil
	}
	return f.Merge("annotations", map[string]string{image.ReferenceDigest: digest.String()})
}

// updateDescriptor sets the media type, the digest and the size of a descriptor.
// updateDescriptor removes the field "data", because this field contains a copy
// of the old content.
func (f Fields) updateDescriptor(d v1.Descriptor) error {
	delete(f, "data")
	if err := f.Set("mediaType", d.MediaType); err != nil {
		return err
	}
	if err := f.Set("digest", d.Digest); err != nil {
		return err
	}
	return f.Set("size", d.Size)
}

// RemoveChildren removes children and their entries from an index. RemoveChildren removes
// each child for which the function "remove" returns true.
func RemoveChildren(m *image.Manifest, remove func(*image.Manifest) bool) error {
	raw, err := Edit(m.Raw, func(index Fields) error {
		list, err := index.entries(m)
		if err != nil {
			return err
		}
		entries, children := []Fields{}, []*image.Manifest{}
		for i, c := range m.Children {
			if !remove(c) {
				entries, children = append(entries, list[i]), append(children, c)
			}
		}
		m.Children = children
		return index.Set("manifests", entries)
	})
	if err != nil {
		return fmt.Errorf("rewriting index %s: %w", m.Descriptor.Digest, err)
	}
	return m.Replace(raw)
}
