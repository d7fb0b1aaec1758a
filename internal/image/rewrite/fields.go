// Package rewrite changes the JSON of manifests, indexes and configs. What is
// not named stays as it was written, unknown fields included; keys come out
// sorted, so that the same input gives the same bytes.
package rewrite

import (
	"bytes"
	"encoding/json"
	"maps"
)

// Fields is a JSON object whose values stay as they were written unless they
// are named.
type Fields map[string]json.RawMessage

// Edit decodes an object, lets change work on it, and encodes it with its
// keys sorted: the same input gives the same bytes.
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

// Edit works on an object inside this one; absent or null, it is made.
func (f Fields) Edit(key string, change func(Fields) error) error {
	inner := f[key]
	if len(inner) == 0 {
		inner = json.RawMessage("{}")
	}
	raw, err := Edit(inner, change)
	f[key] = raw
	return err
}

// Put gives a key a value.
func (f Fields) Put(key string, value any) error {
	raw, err := encode(value)
	f[key] = raw
	return err
}

// List is a list of objects; absent, it is empty.
func (f Fields) List(key string) ([]Fields, error) {
	var list []Fields
	if raw := f[key]; len(raw) > 0 {
		if err := json.Unmarshal(raw, &list); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// Merge adds entries to an object of strings, the new ones winning.
func (f Fields) Merge(key string, add map[string]string) error {
	have := map[string]string{}
	if raw := f[key]; len(raw) > 0 {
		if err := json.Unmarshal(raw, &have); err != nil {
			return err
		}
	}
	if have == nil { // it was null
		have = map[string]string{}
	}
	maps.Copy(have, add)
	return f.Put(key, have)
}

// encode is json.Marshal without the escapes meant for HTML, which would
// change how a URL reads.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
