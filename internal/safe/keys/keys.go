// Package keys finds keys of JSON objects that programs read in different ways. If a key
// occurs twice, Go programs use the last value, and they ignore the case of keys. Other
// programs use the first value, or refuse the document. Two programs can therefore read
// different values from the same bytes.
package keys

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
)

// Sets maps the path of a JSON object to the known keys of the object. The path of the
// document is "", and the path of a member is the path of its object, a point and the key.
// The path of a list is the path of its elements.
type Sets map[string][]string

// Of returns the keys of the fields of a Go type. The types of the fields must not contain
// each other.
func Of(t reflect.Type) Sets {
	out := Sets{}
	out.add("", t)
	return out
}

// add adds the keys of a type whose value has a path.
func (s Sets) add(path string, t reflect.Type) {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice:
		s.add(path, t.Elem())
	case reflect.Struct:
		for i := range t.NumField() {
			field := t.Field(i)
			if field.Anonymous { // The keys of an embedded type are keys of this object.
				s.add(path, field.Type)
				continue
			}
			key, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			s[path] = append(s[path], key)
			s.add(path+"."+key, field.Type)
		}
	}
}

// unknownPath is the path of every object that has no known keys. The path of such an
// object in the document could have the length of the document, and a document can have
// 10,000 nested objects.
const unknownPath = "unknown"

// below returns the path of the value of a key.
func (s Sets) below(path, key string) string {
	if path := path + "." + key; s[path] != nil {
		return path
	}
	return unknownPath
}

// Ambiguous returns the first ambiguous key of a JSON document as a text that can follow the
// name of the document, such as `has the key "size" twice`. A key is ambiguous if it occurs
// twice in its object, or if it differs from a known key only in upper and lower case.
// Ambiguous returns "" if no key is ambiguous, or if the document is not JSON.
func Ambiguous(document []byte, known Sets) string {
	r := &reader{in: json.NewDecoder(bytes.NewReader(document)), known: known}
	if r.value("") != nil {
		return ""
	}
	return r.found
}

// reader reads the keys of a JSON document.
type reader struct {
	in    *json.Decoder
	known Sets
	found string // the first ambiguous key, or ""
}

// value reads the JSON value at a path.
func (r *reader) value(path string) error {
	token, err := r.in.Token()
	if err != nil {
		return err
	}
	switch token {
	case json.Delim('{'):
		return r.object(path)
	case json.Delim('['):
		for r.in.More() {
			if err := r.value(path); err != nil {
				return err
			}
		}
		_, err = r.in.Token()
	}
	return err
}

// object reads the keys and values of one JSON object.
func (r *reader) object(path string) error {
	seen := map[string]bool{}
	for r.in.More() {
		token, err := r.in.Token()
		if err != nil {
			return err
		}
		key, _ := token.(string) // The decoder returns only strings as keys.
		r.key(path, key, seen[key])
		seen[key] = true
		if err := r.value(r.known.below(path, key)); err != nil {
			return err
		}
	}
	_, err := r.in.Token()
	return err
}

// key records a key if it is ambiguous.
func (r *reader) key(path, key string, twice bool) {
	if r.found != "" {
		return
	}
	if twice {
		r.found = fmt.Sprintf("has the key %q twice", clip(key))
	}
	for _, want := range r.known[path] {
		if key != want && strings.EqualFold(key, want) {
			r.found = fmt.Sprintf("has the key %q instead of %q", clip(key), want)
		}
	}
}

// clip shortens a key for a message.
func clip(key string) string { return key[:min(len(key), 60)] }
