package rewrite_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/image/rewrite"
)

func hash(c string) v1.Hash { return v1.Hash{Algorithm: "sha256", Hex: strings.Repeat(c, 64)} }

func descriptor(t types.MediaType, c string, size int64) v1.Descriptor {
	return v1.Descriptor{MediaType: t, Digest: hash(c), Size: size}
}

func blob(d v1.Descriptor) *image.Blob { return &image.Blob{Descriptor: d} }

func child(d v1.Descriptor) *image.Manifest { return &image.Manifest{Descriptor: d} }

// expand replaces <c> by the digest that hash returns for c.
func expand(text string) string {
	for _, c := range []string{"a", "b", "c", "1", "2", "3"} {
		text = strings.ReplaceAll(text, "<"+c+">", hash(c).String())
	}
	return text
}

func TestEdit(t *testing.T) {
	t.Parallel()
	merge := func(f rewrite.Fields) error { return f.Merge("labels", map[string]string{"k": "a<b>&c"}) }
	cases := []struct {
		name   string
		raw    string
		change func(rewrite.Fields) error
		want   string // empty for an error
	}{
		{"unknown fields keep their bytes", `{"z":1.0,"unknown":{"b":2, "a":1}}`, func(rewrite.Fields) error { return nil }, `{"unknown":{"b":2,"a":1},"z":1.0}`},
		{"keys are sorted", `{"b":1}`, func(f rewrite.Fields) error { return f.Set("a", 2) }, `{"a":2,"b":1}`},
		{"null is an empty object", `null`, func(f rewrite.Fields) error { return f.Set("a", 1) }, `{"a":1}`},
		{"Merge adds an absent object", `{}`, merge, `{"labels":{"k":"a<b>&c"}}`},
		{"Merge replaces null", `{"labels":null}`, merge, `{"labels":{"k":"a<b>&c"}}`},
		{"Merge replaces equal keys and keeps others", `{"labels":{"k":"old","x":"1"}}`, merge, `{"labels":{"k":"a<b>&c","x":"1"}}`},
		{"Merge refuses values that are not strings", `{"labels":{"x":1}}`, merge, ""},
		{"an inner object", `{"config":{"x":1}}`, func(f rewrite.Fields) error { return f.Edit("config", merge) }, `{"config":{"labels":{"k":"a<b>&c"},"x":1}}`},
		{"an absent inner object", `{}`, func(f rewrite.Fields) error { return f.Edit("config", merge) }, `{"config":{"labels":{"k":"a<b>&c"}}}`},
		{"an inner object that is null", `{"config":null}`, func(f rewrite.Fields) error { return f.Edit("config", merge) }, `{"config":{"labels":{"k":"a<b>&c"}}}`},
		{"an inner list", `{"config":[]}`, func(f rewrite.Fields) error { return f.Edit("config", merge) }, ""},
		{"a list is not an object", `[]`, func(rewrite.Fields) error { return nil }, ""},
		{"an error of the change", `{}`, func(rewrite.Fields) error { return errors.New("refused") }, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := rewrite.Edit([]byte(c.raw), c.change)
			if (err != nil) != (c.want == "") || err == nil && string(got) != c.want {
				t.Errorf("got %s, %v; want %s", got, err, c.want)
			}
		})
	}
}

func TestIndex(t *testing.T) {
	t.Parallel()
	pending := &image.Manifest{
		Descriptor:  v1.Descriptor{MediaType: types.OCIImageIndex},
		Annotations: map[string]string{"new": "1"},
		Children: []*image.Manifest{
			child(descriptor(types.OCIManifestSchema1, "1", 11)),
			child(descriptor(types.OCIManifestSchema1, "b", 2)),
		},
	}
	cases := []struct{ name, raw, want string }{
		{
			"entries get the new descriptors, and attestations the new digest of their image",
			`{"manifests":[{"digest":"<a>","size":1,"mediaType":"old","data":"e30=","platform":{"os":"linux"}},` +
				`{"digest":"<b>","size":2,"mediaType":"old","annotations":{"vnd.docker.reference.digest":"<a>","x":"1"}}],"mediaType":"old"}`,
			`{"annotations":{"new":"1"},"manifests":[` +
				`{"digest":"<1>","mediaType":"application/vnd.oci.image.manifest.v1+json","platform":{"os":"linux"},"size":11},` +
				`{"annotations":{"vnd.docker.reference.digest":"<1>","x":"1"},"digest":"<b>","mediaType":"application/vnd.oci.image.manifest.v1+json","size":2}],` +
				`"mediaType":"application/vnd.oci.image.index.v1+json"}`,
		},
		{
			"an absent media type stays absent, and a reference to another image stays",
			`{"manifests":[{"digest":"<a>"},{"digest":"<b>","annotations":{"vnd.docker.reference.digest":"<c>"}}]}`,
			`{"annotations":{"new":"1"},"manifests":[` +
				`{"digest":"<1>","mediaType":"application/vnd.oci.image.manifest.v1+json","size":11},` +
				`{"annotations":{"vnd.docker.reference.digest":"<c>"},"digest":"<b>","mediaType":"application/vnd.oci.image.manifest.v1+json","size":2}]}`,
		},
		{"another number of entries", `{"manifests":[{"digest":"<a>"}]}`, ""},
		{"an entry without a digest", `{"manifests":[{"digest":"<a>"},{}]}`, ""},
		{"a list that is not a list", `{"manifests":{}}`, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := rewrite.Index(pending, []byte(expand(c.raw)))
			if (err != nil) != (c.want == "") || err == nil && string(got) != expand(c.want) {
				t.Errorf("got  %s, %v\nwant %s", got, err, expand(c.want))
			}
		})
	}
}

func TestManifest(t *testing.T) {
	t.Parallel()
	pending := &image.Manifest{
		Descriptor: v1.Descriptor{MediaType: types.OCIManifestSchema1},
		Blobs: []*image.Blob{
			blob(descriptor(types.OCIConfigJSON, "1", 11)), blob(descriptor(types.OCILayerZStd, "2", 22)),
		},
	}
	cases := []struct{ name, raw, want string }{
		{
			"descriptors change and other fields stay",
			`{"mediaType":"old","config":{"digest":"<a>","data":"e30=","x":1},"layers":[{"digest":"<b>","annotations":{"k":"v"}}],"artifactType":"t"}`,
			`{"artifactType":"t","config":{"digest":"<1>","mediaType":"application/vnd.oci.image.config.v1+json","size":11,"x":1},` +
				`"layers":[{"annotations":{"k":"v"},"digest":"<2>","mediaType":"application/vnd.oci.image.layer.v1.tar+zstd","size":22}],` +
				`"mediaType":"application/vnd.oci.image.manifest.v1+json"}`,
		},
		{"another number of layers", `{"config":{},"layers":[]}`, ""},
		{"layers that are not a list", `{"config":{},"layers":{}}`, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := rewrite.Manifest(pending, []byte(expand(c.raw)))
			if (err != nil) != (c.want == "") || err == nil && string(got) != expand(c.want) {
				t.Errorf("got  %s, %v\nwant %s", got, err, expand(c.want))
			}
		})
	}
}

func TestRemoveChildren(t *testing.T) {
	t.Parallel()
	newIndex := func(raw string) *image.Manifest {
		return &image.Manifest{
			Descriptor: descriptor(types.OCIImageIndex, "c", 1), Raw: []byte(expand(raw)),
			Children: []*image.Manifest{child(descriptor(types.OCIManifestSchema1, "a", 1)), child(descriptor(types.OCIManifestSchema1, "b", 2))},
		}
	}
	isA := func(m *image.Manifest) bool { return m.Descriptor.Digest == hash("a") }
	m := newIndex(`{"manifests":[{"digest":"<a>"},{"digest":"<b>","x":1}],"annotations":{"k":"v"}}`)
	if err := rewrite.RemoveChildren(m, isA); err != nil {
		t.Fatal(err)
	}
	want := expand(`{"annotations":{"k":"v"},"manifests":[{"digest":"<b>","x":1}]}`)
	if string(m.Raw) != want || len(m.Children) != 1 || m.Children[0].Descriptor.Digest != hash("b") {
		t.Errorf("got  %s with %d children\nwant %s", m.Raw, len(m.Children), want)
	}
	digest, size, _ := v1.SHA256(strings.NewReader(want))
	if m.Descriptor.Digest != digest || m.Descriptor.Size != size {
		t.Errorf("the descriptor is %v, want %s with %d bytes", m.Descriptor, digest, size)
	}
	if err := rewrite.RemoveChildren(newIndex(`{"manifests":[]}`), isA); err == nil {
		t.Error("an index with another number of entries is accepted")
	}
}

func TestAnnotations(t *testing.T) {
	t.Parallel()
	if got := rewrite.Annotations([]byte(`{"annotations":{"k":"v"}}`)); len(got) != 1 || got["k"] != "v" {
		t.Errorf("got %v", got)
	}
	for _, raw := range []string{`{}`, `[]`, `{"annotations":null}`} {
		if got := rewrite.Annotations([]byte(raw)); len(got) != 0 {
			t.Errorf("%s: got %v", raw, got)
		}
	}
}

func TestReadConfig(t *testing.T) {
	t.Parallel()
	const config = `{"os":"linux"}`
	digest, size, err := v1.SHA256(strings.NewReader(config))
	if err != nil {
		t.Fatal(err)
	}
	broken := errors.New("disk failure")
	cases := []struct {
		name string
		desc v1.Descriptor
		err  error
		ok   bool
	}{
		{"the config", v1.Descriptor{Digest: digest, Size: size}, nil, true},
		{"another digest", v1.Descriptor{Digest: hash("a"), Size: size}, nil, false},
		{"a size above the limit", v1.Descriptor{Digest: digest, Size: image.MaxConfig + 1}, nil, false},
		{"an error of the source", v1.Descriptor{Digest: digest, Size: size}, broken, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := blob(c.desc)
			b.Open = func(context.Context) (io.ReadCloser, error) {
				return io.NopCloser(strings.NewReader(config)), c.err
			}
			got, err := rewrite.ReadConfig(t.Context(), &image.Manifest{Blobs: []*image.Blob{b}})
			if (err == nil) != c.ok || c.ok && string(got) != config || c.err != nil && !errors.Is(err, c.err) {
				t.Errorf("got %s, %v", got, err)
			}
		})
	}
}
