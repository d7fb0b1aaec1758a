// Package rewrite changes the JSON of manifests, indexes and configs. Package
// rewrite keeps all other fields unchanged, including fields that it does not
// know. Package rewrite writes keys in sorted order, so that the same input
// gives the same bytes.
package rewrite

import (
	"bytes"
	"encoding/json"
	"maps"
)

// Fields is a JSON object. Fields keeps the encoded value of each key until Set
// replaces the value.
type Fields map[string]json.RawMessage

// Edit decodes a JSON object, calls the function "change" for the object, and encodes the
// object with sorted keys.
func Edit(raw []byte, change func(Fields) error) ([]byte, error) {
	var f Fields
	if err := json.Unmarshal(raw, &f); err != nil {
		return nil, err
	}
	if f == nil {
		f = Fields{}
	}
	if err := change(f); err != nil {
		return nil, err
	}
	return encode(f)
}

// Edit calls the function "change" for the JSON object that is the value of a key of f.
// If the value of the key is absent or null, Edit creates the object.
func (f Fields) Edit(key string, change func(Fields) error) error {
	inner := f[key]
	if len(inner) == 0 {
		inner = json.RawMessage("{}")
	}
	raw, err := Edit(inner, change)
	f[key] = raw
	return err
}

// Set sets the value of a key.
func (f Fields) Set(key string, value any) error {
	raw, err := encode(value)
	f[key] = raw
	return err
}

// List returns the list of JSON objects that is the value of a key. If the key
// is absent, the returned list is empty.
func (f Fields) List(key string) ([]Fields, error) {
	var list []Fields
	if raw := f[key]; len(raw) > 0 {
		if err := json.Unmarshal(raw, &list); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// Merge adds entries to the object that is the value of a key. All values of
// this object are strings. An added entry replaces an entry with the same key.
func (f Fields) Merge(key string, add map[string]string) error {
	have := map[string]string{}
	if raw := f[key]; len(raw) > 0 {
		if err := json.Unmarshal(raw, &have); err != nil {
			return err
		}
	}
	if have == nil { // The value of the key is null.
		have = map[string]string{}
	}
	maps.Copy(have, add)
	return f.Set(key, have)
}

// encode encodes v without the HTML escapes that json.Marshal writes, because
// HTML escapes would change URLs.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
