package attest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"unicode/utf8"

	"github.com/ghcr-publish/ghcr-publish/internal/safe/keys"
)

// readStrictly reads a JSON text whose value has the type T. The name of the text is part of
// the errors. A text with an unknown, repeated or ambiguous field is refused, because other
// programs can read another meaning from the text. gh and cosign refuse these texts too.
func readStrictly[T any](raw []byte, name string) (*T, error) {
	out := new(T)
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(out); err != nil {
		return nil, fmt.Errorf("reading the %s: %w", name, err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("reading the %s: more text follows the %s", name, name)
	}
	if !utf8.Valid(raw) {
		return nil, fmt.Errorf("reading the %s: the text is not UTF-8", name)
	}
	if found := keys.Ambiguous(raw, keys.Of(reflect.TypeFor[T]())); found != "" {
		return nil, fmt.Errorf("the %s %s", name, found)
	}
	return out, nil
}

// signedStatement is a statement with all fields that the specification defines (in-toto,
// "Statement" v1 and "ResourceDescriptor" v1).
type signedStatement struct {
	Type    string `json:"_type"`
	Subject []struct {
		Subject
		URI         string          `json:"uri"`
		Content     []byte          `json:"content"`
		Location    string          `json:"downloadLocation"`
		MediaType   string          `json:"mediaType"`
		Annotations json.RawMessage `json:"annotations"`
	} `json:"subject"`
	PredicateType string          `json:"predicateType"`
	Predicate     json.RawMessage `json:"predicate"`
}
