package stamp

import (
	"bytes"
	"encoding/json"
	"maps"
)

// fields is a JSON object whose values stay as they were written unless they
// are named.
type fields map[string]json.RawMessage

// edit decodes an object, lets change work on it, and encodes it with its
// keys sorted: the same input gives the same bytes.
func edit(raw []byte, change func(fields) error) ([]byte, error) {
	var f fields
	if err := json.Unmarshal(raw, &f); err != nil {
		return nil, err
	}
	if f == nil {
		f = fields{}
	}
	if err := change(f); err != nil {
		return nil, err
	}
	return encode(f)
}

// edit works on an object inside this one; absent or null, it is made.
func (f fields) edit(key string, change func(fields) error) error {
	inner := f[key]
	if len(inner) == 0 {
		inner = json.RawMessage("{}")
	}
	raw, err := edit(inner, change)
	f[key] = raw
	return err
}

func (f fields) put(key string, value any) error {
	raw, err := encode(value)
	f[key] = raw
	return err
}

// merge adds entries to an object of strings, the new ones winning.
func (f fields) merge(key string, add map[string]string) error {
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
	return f.put(key, have)
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
