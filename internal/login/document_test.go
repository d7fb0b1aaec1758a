package login

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/docker/cli/cli/config"
)

// FuzzDocument inserts a login into each text that Docker can read. It checks
// that the login can be read. After the login is removed, the text must be the
// same as before.
func FuzzDocument(f *testing.F) {
	for _, seed := range []string{
		``, `{}`, `{"auths":{}}`, "{\n\t\"auths\": {\n\t\t\"quay.io\": {\"auth\": \"YTpi\"}\n\t}\n}", `{"auths":null,"x":1}`,
		`{"auths":{"ghcr.io":{}}}`, `{"auths":{"ghcr.io":{},"a":{}}} trailing`, `{"a":{"auths":{}},"auths" : { "a" : {} } }`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		const key, entry = "ghcr.io", `{"auth":"YTpi"}`
		before, err := document(text).get(key)
		if err != nil {
			return
		}
		with, err := document(text).withEntry(key, []byte(entry))
		if err != nil {
			t.Fatalf("the text can be read, but a login cannot be added: %v", err)
		}
		if got, err := with.get(key); err != nil || string(got) != entry {
			t.Fatalf("the entry in %q is %q, %v", with, got, err)
		}
		back, err := with.withEntry(key, before)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := back.get(key); err != nil || !bytes.Equal(got, before) {
			t.Fatalf("after the removal, the entry in %q is %q, %v", back, got, err)
		}
		if _, err := config.LoadFromReader(bytes.NewReader(text)); err == nil {
			if _, err := config.LoadFromReader(bytes.NewReader(with)); err != nil {
				t.Fatalf("Docker can read %q but not %q: %v", text, with, err)
			}
		}
		if json.Valid(text) && !json.Valid(with) {
			t.Fatalf("%q is JSON, %q is not", text, with)
		}
		if undone, ok := diff(with, text).apply(with); !ok || !bytes.Equal(undone, text) {
			t.Fatalf("applying the patch to %q gives %q", with, undone)
		}
	})
}

func TestPatchForAShorterTextIsRefused(t *testing.T) {
	t.Parallel()
	for _, p := range []patch{{Prefix: 3, Suffix: 3}, {Prefix: -1}, {Suffix: 99}} {
		if out, ok := p.apply([]byte("four")); ok {
			t.Errorf("%+v gave %q", p, out)
		}
	}
}
