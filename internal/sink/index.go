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

// limitIndex bounds index.json, in bytes: what readers take.
const limitIndex = image.MaxManifestSize

// maxEntries bounds the images in one layout: what readers take.
const maxEntries = 20_000

// index is an index.json that keeps everything it does not know.
type index struct {
	fields  map[string]json.RawMessage
	entries []json.RawMessage
}

// entry is what is looked at of an entry of index.json. It is its own type
// because entries may be of kinds that we cannot read, and stay.
type entry struct {
	Digest      string            `json:"digest"`
	Annotations map[string]string `json:"annotations"`
}

// newIndex is the index.json of an empty layout.
func newIndex() *index {
	return &index{fields: map[string]json.RawMessage{
		"schemaVersion": json.RawMessage("2"),
		"mediaType":     json.RawMessage(`"` + string(types.OCIImageIndex) + `"`),
	}}
}

// readIndex reads an index.json that someone else may have written. Entries
// and fields that it does not understand are kept as they are.
func readIndex(raw []byte) (*index, error) {
	x := &index{}
	if err := json.Unmarshal(raw, &x.fields); err != nil {
		return nil, err
	}
	if x.fields == nil {
		return nil, errors.New("it is null")
	}
	var mediaType types.MediaType
	if raw, ok := x.fields["mediaType"]; ok {
		if err := json.Unmarshal(raw, &mediaType); err != nil {
			return nil, fmt.Errorf("its mediaType: %w", err)
		}
	}
	if mediaType != "" && !mediaType.IsIndex() {
		return nil, fmt.Errorf("it is no index but %q", mediaType)
	}
	if err := x.readEntries(x.fields["manifests"]); err != nil {
		return nil, fmt.Errorf("its manifests: %w", err)
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
		return errors.Join(errors.New("they are no list"), err)
	}
	for in.More() {
		if len(x.entries) >= maxEntries {
			return fmt.Errorf("there are more than %d", maxEntries)
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

// add puts an image in the place of the first entry that it replaces, or at
// the end.
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

// bytes prints the index: the usual fields first, the others by name.
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

// checkIndex refuses to write what no reader would take.
func checkIndex(compact []byte) ([]byte, error) {
	var out bytes.Buffer
	if err := json.Indent(&out, compact, "", "  "); err != nil {
		return nil, err
	}
	out.WriteByte('\n')
	if out.Len() > limitIndex {
		return nil, fmt.Errorf("it would have %d bytes, more than the %d that are read", out.Len(), limitIndex)
	}
	return out.Bytes(), nil
}
