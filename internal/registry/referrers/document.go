package referrers

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	manifests "github.com/ghcr-publish/ghcr-publish/internal/image/document"
)

// document is the text of an index of referrers. Other programs write entries and fields that
// this program does not know, so a document keeps every byte of them.
type document struct {
	before, after []byte // the text around the entries
	entries       []entry
	absent        bool // The registry does not have the index.
}

// entry is one descriptor in an index. An entry of another program can be malformed, and its
// digest is then the zero hash.
type entry struct {
	v1.Descriptor
	raw json.RawMessage
}

// errNotIndex is the error for a fallback tag that points at something else than an index.
// A client must not replace such a manifest (distribution-spec, "Pushing Manifests with
// Subject").
var errNotIndex = errors.New("the tag of the referrers does not point at an index")

// newDocument returns an index without entries.
func newDocument() *document {
	return &document{absent: true, before: fmt.Appendf(nil, `{"schemaVersion":2,"mediaType":%q,"manifests":[`, types.OCIImageIndex), after: []byte("]}")}
}

// parseDocument reads an index. An index with an ambiguous key is an error, because another
// program could read another list from it.
func parseDocument(raw []byte) (*document, error) {
	if err := manifests.CheckManifest("list of referrers", raw); err != nil {
		return nil, err
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	first, err := decoder.Token()
	if err != nil {
		return nil, err
	}
	if first != json.Delim('{') {
		return nil, errNotIndex
	}
	for decoder.More() {
		key, err := decoder.Token()
		if err != nil {
			return nil, err
		}
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return nil, err
		}
		if key == "manifests" {
			end := int(decoder.InputOffset())
			return splitDocument(raw[:end-len(value)], value, raw[end:])
		}
	}
	return nil, errNotIndex
}

// splitDocument reads the list of the entries, and keeps the text around the list.
func splitDocument(before, list, after []byte) (*document, error) {
	var texts manifests.List[json.RawMessage]
	if err := json.Unmarshal(list, &texts); err != nil {
		return nil, err
	}
	if err := checkLength(len(texts)); err != nil {
		return nil, err
	}
	out := &document{before: append(bytes.Clone(before), '['), after: append([]byte("]"), after...)}
	var whole map[string]json.RawMessage
	if err := json.Unmarshal(out.text(nil), &whole); err != nil {
		return nil, err
	}
	for _, text := range texts {
		one := entry{raw: text}
		if json.Unmarshal(text, &one.Descriptor) != nil {
			one.Descriptor = v1.Descriptor{}
		}
		out.entries = append(out.entries, one)
	}
	return out, nil
}

// newEntries returns the entries for descriptors.
func newEntries(list []v1.Descriptor) ([]entry, error) {
	out := make([]entry, len(list))
	for i, d := range list {
		raw, err := json.Marshal(d)
		if err != nil {
			return nil, fmt.Errorf("writing the entry of %q: %w", d.Digest, err)
		}
		out[i] = entry{d, raw}
	}
	return out, nil
}

// text returns the text of the index with other entries.
func (d *document) text(entries []entry) []byte {
	out := bytes.Clone(d.before)
	for i, one := range entries {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, one.raw...)
	}
	return append(out, d.after...)
}

// equal reports whether the registry has shown the same index.
func (d *document) equal(other *document) bool {
	return other != nil && d.absent == other.absent && bytes.Equal(d.text(d.entries), other.text(other.entries))
}

// descriptors returns the entries that are not malformed.
func (d *document) descriptors() []v1.Descriptor {
	var out []v1.Descriptor
	for _, one := range d.entries {
		if one.Digest != (v1.Hash{}) {
			out = append(out, one.Descriptor)
		}
	}
	return out
}

func checkLength(entries int) error {
	if entries > maxEntries {
		return fmt.Errorf("the list has more than %d entries", maxEntries)
	}
	return nil
}
