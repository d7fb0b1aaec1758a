package sink

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// FuzzIndex adds an image to any index.json that can be read. The resulting index
// can be written and read. It contains the image once, and it keeps all entries
// that the image does not replace.
func FuzzIndex(f *testing.F) {
	const full = "ghcr.io/acme/web:1"
	for _, seed := range []string{
		`{}`, `null`, `[]`, `{"manifests":null}`, `{"manifests":[]}`, `{"manifests":[1]}`, `{"manifests":[null]}`,
		`{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{"digest":"sha256:00","size":1}]}`,
		`{"manifests":[{"annotations":{"io.containerd.image.name":"` + full + `"}},{"annotations":{"org.opencontainers.image.ref.name":"1"}}]}`,
		`{"":1,"manifests":[{}],"MANIFESTS":7,"manifests":[{},{}]}`, `{"manifests":[{"annotations":{"a":1}}]}`, `{"mediaType":7}`,
	} {
		f.Add([]byte(seed), true)
		f.Add([]byte(seed), false)
	}
	desc := v1.Descriptor{MediaType: types.OCIManifestSchema1, Size: 7, Digest: v1.Hash{Algorithm: "sha256", Hex: strings.Repeat("a", 64)}}
	f.Fuzz(func(t *testing.T, raw []byte, explicit bool) {
		x, err := readIndex(raw)
		if err != nil {
			return
		}
		n := names{ref: "1", full: full, explicit: explicit}
		var stay []string
		for _, e := range x.entries {
			var old entry
			if err := json.Unmarshal(e, &old); err != nil {
				t.Fatalf("readIndex accepted a malformed entry: %s", e)
			}
			if !n.replaces(old, desc.Digest.String()) {
				stay = append(stay, compact(t, e))
			}
		}
		if err := x.add(desc, n); err != nil {
			t.Fatal(err)
		}
		out, err := x.bytes()
		if err != nil {
			if len(raw) < maxIndexSize/8 {
				t.Fatal(err)
			}
			return
		}
		again, err := readIndex(out)
		if err != nil {
			t.Fatalf("the written index cannot be read: %v\n%s", err, out)
		}
		var kept []string
		added := 0
		for _, e := range again.entries {
			var old entry
			if err := json.Unmarshal(e, &old); err != nil {
				t.Fatal(err)
			}
			if n.replaces(old, desc.Digest.String()) {
				added++
				continue
			}
			kept = append(kept, compact(t, e))
		}
		if added != 1 || strings.Join(kept, "\n") != strings.Join(stay, "\n") {
			t.Fatalf("the index contains the image %d times\nthe index kept the entries\n%s\nwant\n%s", added, kept, stay)
		}
		if second, err := again.bytes(); err != nil || !bytes.Equal(second, out) {
			t.Fatalf("the second write produces other bytes, or fails: %v", err)
		}
	})
}

func compact(t *testing.T, raw json.RawMessage) string {
	t.Helper()
	out, err := json.Marshal(raw) // normalizes the escapes
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}
