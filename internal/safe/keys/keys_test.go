package keys_test

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/safe/keys"
)

type document struct {
	Name string `json:"name"`
	List []struct {
		sized
	} `json:"list"`
	Inner *struct {
		Raw json.RawMessage `json:"raw"`
	} `json:"inner"`
}

type sized struct {
	Size int `json:"size,omitempty"`
}

func TestAmbiguousKeysAreFound(t *testing.T) {
	t.Parallel()
	known := keys.Of(reflect.TypeFor[document]())
	cases := []struct{ text, want string }{
		{`{"name":"a","list":[{"size":1},{"size":2}],"inner":{"raw":{"Name":1}}}`, ""},
		{`{"name":"a","name":"b"}`, `has the key "name" twice`},
		{`{"Name":"a"}`, `has the key "Name" instead of "name"`},
		{`{"list":[{"size":1},{"SIZE":2}]}`, `has the key "SIZE" instead of "size"`},
		{`{"inner":{"RAW":1}}`, `has the key "RAW" instead of "raw"`},
		{`{"inner":{"raw":[{"a":1,"a":2}]}}`, `has the key "a" twice`},
		{`{"other":{"name":1,"NAME":2}}`, ""},
		{`{"name":1,"name"`, ""},
	}
	for _, c := range cases {
		if got := keys.Ambiguous([]byte(c.text), known); got != c.want {
			t.Errorf("%s: got %q, want %q", c.text, got, c.want)
		}
	}
}
