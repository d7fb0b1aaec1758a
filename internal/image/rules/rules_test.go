package rules_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/image/rules"
	"github.com/ghcr-publish/ghcr-publish/internal/source"
	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

// builder writes one image or index into a layout, and returns its descriptor.
type builder func(l *sourcetest.Layout) v1.Descriptor

// check opens the image and applies the rules. It returns the codes of the errors and
// warnings, and the error.
func check(t *testing.T, build builder, options rules.Options) ([]string, error) {
	t.Helper()
	l := sourcetest.NewLayout(t)
	l.Add(build(l), "web:1")
	src, err := source.Open(t.Context(), sourcetest.Dir(t, l.Files()), source.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	warnings, err := rules.Check(t.Context(), src.Root, options)
	var codes []string
	for _, e := range diag.All(err) {
		codes = append(codes, "error "+e.Code)
	}
	for _, w := range warnings {
		codes = append(codes, "warning "+w.Code)
	}
	return codes, err
}

// platform parses OS/ARCH/VARIANT.
func platform(text string) *v1.Platform {
	parts := append(strings.Split(text, ","), "")
	fields := strings.SplitN(parts[0]+"//", "/", 4)
	return &v1.Platform{OS: fields[0], Architecture: fields[1], Variant: fields[2], OSVersion: parts[1]}
}

// single is an image without an index.
func single(p string) builder {
	return func(l *sourcetest.Layout) v1.Descriptor { return l.Image(platform(p), "x") }
}

// listed is an index with one image for each text. A text is the platform of the entry and
// the platform in the config, or one platform for both.
func listed(texts ...string) builder {
	return func(l *sourcetest.Layout) v1.Descriptor {
		var entries []v1.Descriptor
		for _, text := range texts {
			entry, config, two := strings.Cut(text, " ")
			if !two {
				config = entry
			}
			entries = append(entries, sourcetest.On(l.Image(platform(config), text), platform(entry)))
		}
		return l.Index(entries...)
	}
}

// manifest is an image manifest with the config and the layers.
func manifest(config []byte, layers ...types.MediaType) builder {
	return edited(config, func(*v1.Manifest) {}, layers...)
}

// edited is a manifest that the function change has changed.
func edited(config []byte, change func(*v1.Manifest), layers ...types.MediaType) builder {
	return func(l *sourcetest.Layout) v1.Descriptor {
		m := v1.Manifest{SchemaVersion: 2, MediaType: types.OCIManifestSchema1, Config: l.Blob(types.OCIConfigJSON, config)}
		for i, t := range layers {
			m.Layers = append(m.Layers, l.Blob(t, []byte{byte(i)}))
		}
		change(&m)
		return l.JSON(types.OCIManifestSchema1, m)
	}
}

// raw is a document with the bytes of text.
func raw(t types.MediaType, text string) builder {
	return func(l *sourcetest.Layout) v1.Descriptor { return l.Blob(t, []byte(text)) }
}

const (
	wasm = "application/vnd.bytecodealliance.wasm.component.layer.v0+wasm"
	id   = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
)

func config(fields string) []byte {
	return []byte(`{"os":"linux","architecture":"amd64"` + fields + `}`)
}

func diffIDs(n int) string {
	raw, err := json.Marshal(slices.Repeat([]string{id}, n))
	if err != nil {
		panic(err) // texts can be encoded
	}
	return `,"rootfs":{"type":"layers","diff_ids":` + string(raw) + `}`
}

var cases = []struct {
	name  string
	build builder
	want  string // codes, separated by commas
}{
	{"an image", single("linux/amd64"), ""},
	{"an image for arm64 without the variant", listed("linux/arm64/v8 linux/arm64"), ""},
	{"an index with attestations", (*sourcetest.Layout).MultiPlatform, ""},
	{"an image without layers", manifest(config(diffIDs(0))), ""},
	{"an image with a WebAssembly layer", manifest(config(diffIDs(1)), types.OCILayer, wasm), ""},
	{"an artifact with an image config", manifest([]byte(`{}`), types.OCILayer), ""},
	{"signatures of cosign", manifest(config(diffIDs(1)), "application/vnd.dev.cosign.simplesigning.v1+json"), ""},
	{"a chart", edited([]byte(`{"name":"web"}`), func(m *v1.Manifest) {
		m.Config.MediaType = "application/vnd.cncf.helm.config.v1+json"
	}, "application/vnd.cncf.helm.chart.content.v1.tar+gzip"), ""},
	{"layers with media types of Docker", manifest(config(diffIDs(3)), types.DockerLayer, types.DockerUncompressedLayer, "application/vnd.docker.image.rootfs.diff.tar.zstd"), ""},
	{"encrypted layers", manifest(config(diffIDs(1)), "application/vnd.oci.image.layer.v1.tar+gzip+encrypted"), ""},

	{"no layers, but diff ids", manifest(config(diffIDs(2))), "error image-layers-differ"},
	{"fewer layers than diff ids", manifest(config(diffIDs(2)), types.OCILayer), "error image-layers-differ"},
	{"more layers than diff ids", manifest(config(diffIDs(1)), types.OCILayer, types.OCILayerZStd), "error image-layers-differ"},
	{"diff ids for artifact layers", manifest(config(diffIDs(2)), types.OCILayer, wasm), "error image-layers-differ"},
	{"a config without a rootfs", manifest(config(""), types.OCILayer), "error image-config-invalid"},
	{"a diff id that is not a digest", manifest(config(`,"rootfs":{"type":"layers","diff_ids":["sha256:1"]}`), types.OCILayer), "error image-config-invalid"},
	{"a config that is not JSON", manifest([]byte(`config`), types.OCILayer), "error image-config-invalid"},
	{"a config with a wrong type", manifest(config(`,"rootfs":[]`), types.OCILayer), "error image-config-invalid"},

	{"x86_64 in an index", listed("linux/x86_64", "linux/arm64"), "error image-platform-name"},
	{"aarch64 in an index", listed("linux/aarch64"), "error image-platform-name"},
	{"an upper case system in an index", listed("Linux/amd64"), "error image-platform-name"},
	{"macos in an index", listed("macos/arm64"), "error image-platform-name"},
	{"the variant armv7 in an index", listed("linux/arm/armv7"), "error image-platform-name"},
	{"the variant 7 in an index", listed("linux/arm/7"), "error image-platform-name"},
	{"an entry without an architecture", listed("linux/ linux/amd64"), "error image-platform-name"},
	{"arm32v7 in an index", listed("linux/arm32v7"), "error image-platform-name"},
	{"arm32v7 in a config", listed("linux/arm/v7 linux/arm32v7"), "warning image-platform-unusual"},
	{"x86_64 without an index", single("linux/x86_64"), "warning image-platform-unusual"},
	{"an upper case architecture without an index", single("linux/AMD64"), "warning image-platform-unusual"},
	{"arm32v7 without an index", single("linux/arm32v7"), "warning image-platform-unusual"},
	{"an upper case system without an index", single("Linux/amd64"), "error image-platform-name"},
	{"an unknown architecture", listed("linux/vax"), "warning image-platform-unusual"},
	{"several faults of one kind", listed("linux/x86_64", "linux/aarch64"), "error image-platform-name"},

	{"another architecture in the config", listed("linux/amd64", "linux/arm64 linux/amd64"), "warning image-architecture-differs"},
	{"another system in the config", listed("windows/amd64 linux/amd64"), "error image-platform-differs"},
	{"another variant in the config", listed("linux/arm/v6 linux/arm/v7"), "warning image-platform-unusual"},
	{"another version of Windows in the config", listed("windows/amd64,10.0.1 windows/amd64,10.0.2"), "warning image-platform-unusual"},

	{"two versions of Windows", listed("windows/amd64,10.0.17763.1", "windows/amd64,10.0.20348.1"), ""},
	{"two images of one platform", listed("linux/amd64", "linux/amd64 linux/amd64/v1"), "warning image-platform-twice"},
	{"two images of one platform with the default variant", listed("linux/arm64", "linux/arm64/v8"), "warning image-platform-twice"},
	{"one image twice", func(l *sourcetest.Layout) v1.Descriptor {
		d := sourcetest.On(l.Image(sourcetest.AMD64, "x"), sourcetest.AMD64)
		return l.Index(d, d)
	}, "warning image-listed-twice"},
	{"an image in two compressions", func(l *sourcetest.Layout) v1.Descriptor {
		a, b := sourcetest.On(l.Image(sourcetest.AMD64, "x"), sourcetest.AMD64), sourcetest.On(l.Image(sourcetest.AMD64, "y"), sourcetest.AMD64)
		b.Annotations = map[string]string{"io.github.containers.compression.zstd": "true"}
		return l.Index(a, b)
	}, ""},
	{"an entry without a platform", func(l *sourcetest.Layout) v1.Descriptor {
		return l.Index(l.Image(sourcetest.AMD64, "x"))
	}, "warning image-platform-absent"},
	{"an artifact without a platform in an index", func(l *sourcetest.Layout) v1.Descriptor {
		return l.Index(manifest([]byte(`{}`), wasm)(l))
	}, ""},
	{"an index without manifests", listed(), "error image-index-empty"},
	{"an empty index of an artifact", raw(types.OCIImageIndex, `{"schemaVersion":2,"artifactType":"application/x","manifests":[]}`), ""},

	{"an empty label", manifest(config(diffIDs(1)+`,"config":{"Labels":{"":"x"}}`), types.OCILayer), "warning image-key-empty"},
	{"a label that is not text", manifest(config(diffIDs(1)+`,"config":{"Labels":{"a":1}}`), types.OCILayer), "error image-annotation-invalid"},
	{"labels", manifest(config(diffIDs(1)+`,"config":{"Labels":{"a":"b"}}`), types.OCILayer), ""},
	{"an empty annotation", edited(config(diffIDs(1)), func(m *v1.Manifest) { m.Annotations = map[string]string{"": "x"} }, types.OCILayer), "warning image-key-empty"},
	{"an empty annotation of a layer", edited(config(diffIDs(1)), func(m *v1.Manifest) {
		m.Layers[0].Annotations = map[string]string{"": "x"}
	}, types.OCILayer), "warning image-key-empty"},
	{"an empty annotation of an entry", func(l *sourcetest.Layout) v1.Descriptor {
		d := sourcetest.On(l.Image(sourcetest.AMD64, "x"), sourcetest.AMD64)
		d.Annotations = map[string]string{"": "x"}
		return l.Index(d)
	}, "warning image-key-empty"},

	{"a key twice", raw(types.OCIImageIndex, `{"schemaVersion":2,"manifests":[],"artifactType":"a","artifactType":"b"}`), "error image-json-ambiguous"},
	{"a key in upper case", raw(types.OCIImageIndex, `{"schemaVersion":2,"artifactType":"a","Manifests":[]}`), "error image-json-ambiguous"},
	{"an annotation twice", raw(types.OCIImageIndex, `{"schemaVersion":2,"artifactType":"a","manifests":[],"annotations":{"a":"1","a":"2"}}`), "error image-json-ambiguous"},
	{"an annotation with the name of a key", raw(types.OCIImageIndex, `{"schemaVersion":2,"artifactType":"a","manifests":[],"annotations":{"Layers":"1"}}`), ""},
	{"a key of a config in upper case", manifest(config(diffIDs(1)+`,"OS":"windows"`), types.OCILayer), "error image-json-ambiguous"},
}

func TestRulesFollowTheAnswersOfClients(t *testing.T) {
	t.Parallel()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			codes, err := check(t, c.build, rules.Options{})
			if got := strings.Join(codes, ", "); got != c.want {
				t.Errorf("got %q, want %q (%v)", got, c.want, err)
			}
		})
	}
}

// sha512Layer is an image whose layer has a digest with the algorithm sha512.
func sha512Layer(l *sourcetest.Layout) v1.Descriptor {
	layer := l.Blob(types.OCILayer, []byte("x"))
	layer.Digest = v1.Hash{Algorithm: "sha512", Hex: strings.Repeat("a", 128)}
	layer.URLs = []string{"https://example.com/layer"} // a foreign layer need not be in the layout
	return edited(config(diffIDs(1)), func(m *v1.Manifest) { m.Layers = []v1.Descriptor{layer} })(l)
}

func TestDigestAlgorithmsAreCheckedOnlyForUploadsToGHCR(t *testing.T) {
	t.Parallel()
	if codes, _ := check(t, sha512Layer, rules.Options{OnlySHA256: "ghcr.io"}); len(codes) > 0 {
		t.Errorf("a foreign layer is not uploaded, but got %q", codes)
	}
	l := sourcetest.NewLayout(t)
	d := l.Image(sourcetest.AMD64, "x")
	l.Add(d)
	src, err := source.Open(t.Context(), sourcetest.Dir(t, l.Files()), source.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	src.Root.Blobs[1].Descriptor.Digest = v1.Hash{Algorithm: "sha512", Hex: strings.Repeat("a", 128)}
	for registry, want := range map[string]bool{"": false, "ghcr.io": true} {
		_, err := rules.Check(t.Context(), src.Root, rules.Options{OnlySHA256: registry})
		if diag.Is(err, rules.CodeDigestAlgorithm) != want {
			t.Errorf("with OnlySHA256 %q: %v", registry, err)
		}
	}
}

func TestErrorsNameTheUsualPlatform(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"linux/x86_64": "linux/amd64", "linux/arm32v7": "linux/arm/v7", "linux/arm/armv7": "linux/arm/v7", "macOS/ARM64": "darwin/arm64", "linux/arm/v7": "linux/arm/v7"} {
		_, err := check(t, listed(text), rules.Options{})
		wrong := text != want
		if (err != nil) != wrong || wrong && !strings.Contains(err.Error(), "called "+want) {
			t.Errorf("%s: got %v, want %s", text, err, want)
		}
	}
}
