package rules_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/image/rules"
)

// FuzzCheck checks that the rules return for every config, manifest and index. It checks
// that each kind is reported once, that each error has a hint, and that an image whose
// numbers of layers differ is never accepted.
func FuzzCheck(f *testing.F) {
	add := func(config, index string, layers int) { f.Add([]byte(config), []byte(index), layers) }
	entry := func(platform string) string {
		return `{"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"` + id + `","size":1,"platform":` + platform + `}]}`
	}
	add(string(config(diffIDs(1))), entry(`{"os":"linux","architecture":"amd64"}`), 1)
	add(string(config(diffIDs(2))), entry(`{"os":"linux","architecture":"amd64"}`), 0)                                                                             // H1
	add(string(config(diffIDs(1))), entry(`{"os":"windows","architecture":"amd64","os.version":"10.0.17763.1"}`), 1)                                               // H6
	add(`{"os":"linux","architecture":"x86_64"`+diffIDs(1)+`}`, entry(`{"os":"linux","architecture":"x86_64"}`), 1)                                                // H7
	add(`{"os":"Linux","architecture":"arm","variant":"armv7"}`, entry(`{"os":"Linux","architecture":"arm32v7"}`), 1)                                              // H7
	add(string(config(diffIDs(1))), entry(`{"os":"linux","architecture":"arm64","variant":"v8"}`), 1)                                                              // H8
	add(string(config(`,"config":{"Labels":{"":"x"}}`+diffIDs(1))), entry(`{}`), 1)                                                                                // H11
	add(string(config(diffIDs(0))), `{"schemaVersion":2,"manifests":[]}`, 0)                                                                                       // H17
	add(`{"Rootfs":{"diff_ids":[],"diff_ids":null}}`, `{"manifests":[],"Manifests":[{}],"annotations":{"":1}}`, 1)                                                 // duplicate keys
	add(`[]`, `{"schemaVersion":2,"manifests":[{"digest":"`+id+`","size":1}]}`, 3)                                                                                 // not an object
	add(`{"os":"unknown","architecture":"unknown"}`, `{"manifests":[{"digest":"`+id+`","platform":{"os":"unknown","architecture":""}}]}`, 1<<5)                    // attestations
	add(string(config(diffIDs(1)+`,"history":[{},{}],"config":{"Env":"A=b","Volumes":["/a"]}`)), entry(`{"os":"linux","architecture":"arm64","variant":"v7"}`), 1) // wrong types
	add(string(config(diffIDs(1)+`,"created":"yesterday"`)), entry(`{"os":"windows","architecture":"amd64","os.features":["win32k"]}`), 2)
	add(`{"os":"linux","architecture":"amd64","rootfs":{"diff_ids":["sha512:a",null]}}`, entry(`{"os":"linux","architecture":"amd64","variant":"v3"}`), 1)
	f.Fuzz(func(t *testing.T, config, index []byte, layers int) {
		child := newImage(config, layers&31)
		root := &image.Manifest{Raw: index, Children: []*image.Manifest{child}}
		root.Descriptor.MediaType = types.OCIImageIndex
		root.Descriptor.Digest = v1.Hash{Algorithm: "sha256", Hex: "00"}
		for _, m := range []*image.Manifest{root, child} {
			warnings, err := rules.Check(t.Context(), m, rules.Options{OnlySHA256: "ghcr.io"})
			checkReport(t, warnings, err)
			if n := len(image.DiffIDs(config)); err == nil && layers&31 > 0 && n > 0 && n != layers&31 && platformKnown(config) {
				t.Errorf("accepted %d layers and %d diff ids", layers&31, n)
			}
		}
	})
}

// newImage returns an image with the config and the number of layers. Its digest is the
// digest in the seeds.
func newImage(config []byte, layers int) *image.Manifest {
	m := &image.Manifest{Raw: []byte(`{}`)}
	m.Descriptor.MediaType = types.OCIManifestSchema1
	m.Descriptor.Digest, _ = v1.NewHash(id)
	digest, size, _ := v1.SHA256(bytes.NewReader(config)) // reading memory cannot fail
	m.Blobs = []*image.Blob{{
		Descriptor: v1.Descriptor{MediaType: types.OCIConfigJSON, Digest: digest, Size: size},
		Open:       func(context.Context) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(config)), nil },
	}}
	for range layers {
		m.Blobs = append(m.Blobs, &image.Blob{Descriptor: v1.Descriptor{MediaType: types.OCILayer, Digest: digest}})
	}
	return m
}

func platformKnown(config []byte) bool {
	var p v1.Platform
	return json.Unmarshal(config, &p) == nil && p.OS != "" && p.OS != "unknown"
}

func checkReport(t *testing.T, warnings []diag.Notice, err error) {
	t.Helper()
	seen := map[string]bool{}
	for _, e := range diag.All(err) {
		if e.Code == diag.CodeInternal || e.Hint == "" || seen[e.Code] {
			t.Errorf("got the error %+v", e)
		}
		seen[e.Code] = true
	}
	seen = map[string]bool{}
	for _, w := range warnings {
		if w.Text == "" || w.Title == "" || seen[w.Code] {
			t.Errorf("got the warning %+v", w)
		}
		seen[w.Code] = true
	}
}
