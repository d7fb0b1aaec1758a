package document_test

import (
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/image/document"
)

const descriptor = `{"digest":"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","size":0}`

func TestAmbiguousKeysAreRefused(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name string
		t    types.MediaType
		doc  string
		want string // the text of the error, or "" if the document is accepted
	}{
		{"a key twice", types.OCIImageIndex, `{"manifests":[],"artifactType":"a","artifactType":"b"}`, `the key "artifactType" twice`},
		{"a list twice", types.OCIImageIndex, `{"manifests":[` + descriptor + `],"manifests":[]}`, `the key "manifests" twice`},
		{"a key in upper case", types.OCIImageIndex, `{"artifactType":"a","Manifests":[]}`, `the key "Manifests" instead of "manifests"`},
		{"a key of a descriptor in upper case", types.OCIManifestSchema1, `{"config":{"Size":1,` + descriptor[1:] + `}`, `the key "Size" instead of "size"`},
		{"a key of a platform in upper case", types.OCIImageIndex, `{"manifests":[{"platform":{"OS":"linux"},` + descriptor[1:] + `]}`, `the key "OS" instead of "os"`},
		{"a key twice and a wrong type", "application/x-new", `{"layers":1,"a":1,"a":2}`, `the key "a" twice`},
		{"an annotation twice", types.OCIImageIndex, `{"manifests":[],"annotations":{"a":"1","a":"2"}}`, `the key "a" twice`},
		{"an annotation with the name of a key", types.OCIImageIndex, `{"manifests":[],"annotations":{"Layers":"1"}}`, ""},
		{"a key with the name of the path of other keys", types.OCIImageIndex, `{"manifests":[],"x":{"config":{"Digest":1},"Size":1}}`, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := document.Parse("manifest m", []byte(c.doc), c.t)
			switch {
			case c.want == "" && err != nil:
				t.Error(err)
			case c.want != "" && (!diag.Is(err, document.CodeAmbiguous) || !strings.Contains(err.Error(), "manifest m has "+c.want)):
				t.Errorf("got %v, want %s", err, c.want)
			}
			if err := document.CheckManifest("manifest m", []byte(c.doc)); (err == nil) != (c.want == "") {
				t.Errorf("CheckManifest: got %v", err)
			}
		})
	}
}

// The tests of the memory are not parallel, because they measure the whole process. A
// manifest has at most 4 MiB (image.MaxManifestSize).
func TestHostileManifestsNeedLittleMemory(t *testing.T) {
	const size, limit = 4 << 20, 96 << 20
	deep := 9000 // encoding/json refuses more than 10,000 levels.
	key := strings.Repeat("k", size/deep-6)
	cases := []struct{ name, doc string }{
		{"a list of empty descriptors", `{"manifests":[` + strings.Repeat("{},", size/3) + `{}]}`},
		{"a list of descriptors", `{"manifests":[` + strings.Repeat(descriptor+",", size/len(descriptor)) + descriptor + `]}`},
		{"nested objects with long keys", strings.Repeat(`{"`+key+`":`, deep) + "1" + strings.Repeat("}", deep)},
		{"an object with short keys", `{"a":"` + strings.Repeat("x", size) + `"}`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			raw := []byte(c.doc)
			for _, mediaType := range []types.MediaType{types.OCIImageIndex, types.OCIManifestSchema1, "application/x-new"} {
				if used := allocated(func() { _, _ = document.Parse("manifest", raw, mediaType) }); used > limit {
					t.Errorf("parsing %d bytes as %s allocated %d MiB, want at most %d", len(raw), mediaType, used>>20, limit>>20)
				}
			}
			if used := allocated(func() { _ = document.CheckConfig("config", raw) }); used > limit {
				t.Errorf("checking %d bytes allocated %d MiB, want at most %d", len(raw), used>>20, limit>>20)
			}
		})
	}
}

// allocated returns the number of bytes that a function allocates.
func allocated(run func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	run()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func TestListsHaveALimit(t *testing.T) {
	t.Parallel()
	for _, list := range []string{"manifests", "layers", "blobs"} {
		doc := func(n int) []byte {
			return []byte(`{"` + list + `":[` + strings.Repeat(descriptor+",", n-1) + descriptor + `]}`)
		}
		for _, mediaType := range []types.MediaType{types.OCIImageIndex, "application/x-new"} {
			if list == "layers" && mediaType.IsIndex() {
				continue // An index has no layers.
			}
			if _, err := document.Parse("manifest", doc(20_000), mediaType); err != nil {
				t.Errorf("20,000 %s: %v", list, err)
			}
			if _, err := document.Parse("manifest", doc(20_001), mediaType); err == nil {
				t.Errorf("20,001 %s were accepted", list)
			}
		}
	}
}
