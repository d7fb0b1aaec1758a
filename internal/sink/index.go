package sink

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
)

// maxIndexSize is the maximum size of index.json in bytes. Package source
// refuses larger files when it reads a layout.
const maxIndexSize = image.MaxManifestSize

// maxEntries is the maximum number of images in one layout. Package source
// refuses layouts with more images.
const maxEntries = 20_000

// index is the content of a file index.json, including the fields that this
// package does not know.
type index struct {
	fields  map[string]json.RawMessage
	entries []json.RawMessage
}

// entry is one image in index.json. The type declares only the fields that this
// package uses, because other programs can write other fields with any type.
type entry struct {
	Digest      string            `json:"digest"`
	Annotations map[string]string `json:"annotations"`
}

// newIndex returns the content of index.json for an empty layout.
func newIndex() *index {
	return &index{fields: map[string]json.RawMessage{
		"schemaVersion": json.RawMessage("2"),
		"mediaType":     json.RawMessage(`"` + string(types.OCIImageIndex) + `"`),
	}}
}

// readIndex parses the content of index.json. readIndex keeps unknown entries
// and fields, because another program can have written the file.
func readIndex(raw []byte) (*index, error) {
	x := &index{}
	if err := json.Unmarshal(raw, &x.fields); err != nil {
		return nil, err
	}
	if x.fields == nil {
		return nil, errors.New("the content is null, not a JSON object")
	}
	var mediaType types.MediaType
	if raw, ok := x.fields["mediaType"]; ok {
		if err := json.Unmarshal(raw, &mediaType); err != nil {
			return nil, fmt.Errorf("reading mediaType: %w", err)
		}
	}
	if mediaType != "" && !mediaType.IsIndex() {
		return nil, fmt.Errorf("the media type %q is not the type of an index", mediaType)
	}
	if err := x.readEntries(x.fields["manifests"]); err != nil {
		return nil, fmt.Errorf("reading manifests: %w", err)
	}
	delete(x.fields, "manifests")
	return x, nil
}

func (x *index) readEntries(raw json.RawMessage) error {
	if raw == nil || string(raw) == "null" {
		return nil
	}
	in := json.NewDecoder(bytes.NewReader(raw))
	if open, err := in.Token(); err != nil || open != json.Delim('[') {
		return errors.Join(errors.New("the value is not a list"), err)
	}
	for in.More() {
		if len(x.entries) >= maxEntries {
			return fmt.Errorf("the list has more than %d entries", maxEntries)
		}
		var each json.RawMessage
		if err := in.Decode(&each); err != nil {
			return err
		}
		if err := json.Unmarshal(each, new(entry)); err != nil {
			return err
		}
		x.entries = append(x.entries, each)
	}
	return nil
}

// add adds an image to the index. The new entry replaces the first entry with
// the same name, and the method "add" removes all other entries with this name. If no
// entry has this name, the method "add" appends the new entry.
func (x *index) add(desc v1.Descriptor, n names) error {
	desc.Annotations = n.annotations()
	added, err := json.Marshal(desc)
	if err != nil {
		return err
	}
	var kept []json.RawMessage
	placed := false
	for _, raw := range x.entries {
		var old entry
		if err := json.Unmarshal(raw, &old); err != nil {
			return err
		}
		if !n.replaces(old, desc.Digest.String()) {
			kept = append(kept, raw)
			continue
		}
		if !placed {
			kept, placed = append(kept, added), true
		}
	}
	if !placed {
		kept = append(kept, added)
	}
	x.entries = kept
	return nil
}

// bytes returns the JSON of the index. The JSON contains the standard fields
// first, and then the other fields in alphabetical order.
func (x *index) bytes() ([]byte, error) {
	manifests, err := json.Marshal(x.entries)
	if err != nil {
		return nil, err
	}
	keys := []string{"schemaVersion", "mediaType", "manifests"}
	for _, key := range slices.Sorted(maps.Keys(x.fields)) {
		if !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	var b bytes.Buffer
	b.WriteByte('{')
	for _, key := range keys {
		value := x.fields[key]
		if key == "manifests" {
			value = manifests
		}
		if value == nil {
			continue
		}
		label, err := json.Marshal(key)
		if err != nil {
			return nil, err
		}
		if b.Len() > 1 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "%s:%s", label, value)
	}
	b.WriteByte('}')
	return checkIndex(b.Bytes())
}

// checkIndex returns the JSON of an index with indentation. checkIndex returns
// an error if the result is larger than maxIndexSize.
func checkIndex(compact []byte) ([]byte, error) {
	var out bytes.Buffer
	if err := json.Indent(&out, compact, "", "  "); err != nil {
		return nil, err
	}
	out.WriteByte('\n')
	if out.Len() > maxIndexSize {
		return nil, fmt.Errorf("the index has %d bytes, which is more than the limit of %d bytes", out.Len(), maxIndexSize)
	}
	return out.Bytes(), nil
}
