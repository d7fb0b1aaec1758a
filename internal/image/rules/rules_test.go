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

// windowsImage is an index entry for Windows that requires the features.
func windowsImage(l *sourcetest.Layout, features ...string) v1.Descriptor {
	p := &v1.Platform{OS: "windows", Architecture: "amd64", OSVersion: "10.0.20348.1", OSFeatures: features}
	return sourcetest.On(l.Image(p, strings.Join(features, " ")), p)
}

// dockerImage is an image with Docker's media type.
func dockerImage(configType, layer types.MediaType) builder {
	return func(l *sourcetest.Layout) v1.Descriptor {
		return l.JSON(types.DockerManifestSchema2, v1.Manifest{
			SchemaVersion: 2, MediaType: types.DockerManifestSchema2, Config: l.Blob(configType, config(diffIDs(1))), Layers: []v1.Descriptor{l.Blob(layer, []byte("x"))},
		})
	}
}

// withDiffIDs is an image with one layer and the JSON text as diff ids.
func withDiffIDs(text string) builder {
	return manifest(config(`,"rootfs":{"type":"layers","diff_ids":`+text+`}`), types.OCILayer)
}

// fields is an image with one layer and additional fields in the config.
func fields(text string) builder { return manifest(config(diffIDs(1)+","+text), types.OCILayer) }

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
	{"signatures of cosign", manifest([]byte(`{"os":"","architecture":"","created":"0001-01-01T00:00:00Z","config":{}`+diffIDs(1)+`}`), "application/vnd.dev.cosign.simplesigning.v1+json"), ""},
	{"a chart", edited([]byte(`{"name":"web"}`), func(m *v1.Manifest) {
		m.Config.MediaType = "application/vnd.cncf.helm.config.v1+json"
	}, "application/vnd.cncf.helm.chart.content.v1.tar+gzip"), ""},
	{"layers with media types of Docker", manifest(config(diffIDs(3)), types.DockerLayer, types.DockerUncompressedLayer, "application/vnd.docker.image.rootfs.diff.tar.zstd"), ""},
	{"encrypted layers", manifest(config(diffIDs(1)), "application/vnd.oci.image.layer.v1.tar+gzip+encrypted"), ""},

	{"no layers, but diff ids", manifest(config(diffIDs(2))), "error image-layers-differ"},
	{"fewer layers than diff ids", manifest(config(diffIDs(2)), types.OCILayer), "error image-layers-differ"},
	{"more layers than diff ids", manifest(config(diffIDs(1)), types.OCILayer, types.OCILayerZStd), "error image-layers-differ"},
	{"diff ids for artifact layers", manifest(config(diffIDs(2)), types.OCILayer, wasm), "error image-layer-type"},
	{"only artifact layers", manifest(config(diffIDs(1)), wasm), "error image-layer-type"},
	{"only artifact layers without diff ids", manifest(config(diffIDs(0)), wasm), ""},
	{"only artifact layers below an artifact type", edited(config(diffIDs(1)), func(m *v1.Manifest) { m.ArtifactType = "application/vnd.acme" }, wasm), ""},
	{"a layer without a media type", manifest(config(diffIDs(1)), ""), "error image-layer-type"},
	{"a layer of bytes", manifest(config(diffIDs(1)), "application/octet-stream"), "error image-layer-type"},
	{"a layer with a point before the compression", manifest(config(diffIDs(1)), "application/vnd.oci.image.layer.v1.tar.gzip"), "error image-layer-type"},
	{"a layer with a compression in upper case", manifest(config(diffIDs(1)), "application/vnd.oci.image.layer.v1.tar+GZIP"), "error image-layer-type"},
	{"a layer with another compression", manifest(config(diffIDs(1)), "application/vnd.oci.image.layer.v1.tar+bzip2"), "error image-layer-type"},
	{"a layer of another version", manifest(config(diffIDs(1)), "application/vnd.oci.image.layer.v2.tar+gzip"), "error image-layer-type"},
	{"a layer of Docker with another compression", manifest(config(diffIDs(1)), "application/vnd.docker.image.rootfs.diff.tar+gzip"), "error image-layer-type"},
	{"a layer of Nydus", manifest(config(diffIDs(1)), "application/vnd.oci.image.layer.nydus.blob.v1"), ""},
	{"a layer of EROFS", manifest(config(diffIDs(1)), "application/vnd.oci.image.layer.v1.erofs"), ""},
	{"layers that clients do not have to store", manifest(config(diffIDs(2)), types.OCIRestrictedLayer, types.OCIUncompressedRestrictedLayer), ""},
	{"an image of Docker", dockerImage(types.DockerConfigJSON, types.DockerLayer), ""},
	{"an image of Docker with an OCI config", dockerImage(types.OCIConfigJSON, types.DockerLayer), ""},
	{"an image of Docker with an OCI layer", dockerImage(types.DockerConfigJSON, types.OCILayer), "error image-layer-type"},
	{"an image of Docker with a layer of bytes", dockerImage(types.DockerConfigJSON, "application/octet-stream"), "error image-layer-type"},
	{"an OCI image with a config of Docker", edited(config(diffIDs(1)), func(m *v1.Manifest) { m.Config.MediaType = types.DockerConfigJSON }, types.OCILayer), "error image-config-type"},
	{"a config without a rootfs", manifest(config(""), types.OCILayer), "error image-config-invalid"},
	{"a diff id that is not a digest", manifest(config(`,"rootfs":{"type":"layers","diff_ids":["sha256:1"]}`), types.OCILayer), "error image-config-invalid"},
	{"a diff id without an algorithm", withDiffIDs(`["` + strings.TrimPrefix(id, "sha256:") + `"]`), "error image-config-invalid"},
	{"a diff id in upper case", withDiffIDs(`["sha256:` + strings.ToUpper(strings.TrimPrefix(id, "sha256:")) + `"]`), "error image-config-invalid"},
	{"a diff id with the algorithm md5", withDiffIDs(`["md5:d41d8cd98f00b204e9800998ecf8427e"]`), "error image-config-invalid"},
	{"a diff id with the algorithm sha512", withDiffIDs(`["sha512:` + strings.Repeat("a", 128) + `"]`), "error image-config-invalid"},
	{"an empty diff id", withDiffIDs(`[""]`), "error image-config-invalid"},
	{"a diff id that is null", withDiffIDs(`[null]`), "error image-config-invalid"},
	{"diff ids that are null", withDiffIDs(`null`), "error image-layers-differ"},
	{"a step of the history for each layer", fields(`"history":[{},{"empty_layer":true}]`), ""},
	{"fewer steps than layers", fields(`"history":[{"empty_layer":true}]`), ""},
	{"more steps than layers", fields(`"history":[{},{}]`), "error image-config-invalid"},
	{"a config that is not JSON", manifest([]byte(`config`), types.OCILayer), "error image-config-invalid"},
	{"a config with a wrong type", manifest(config(`,"rootfs":[]`), types.OCILayer), "error image-config-invalid"},

	{"x86_64 in an index", listed("linux/x86_64", "linux/arm64"), "error image-platform-name"},
	{"aarch64 in an index", listed("linux/aarch64"), "error image-platform-name"},
	{"an upper case system in an index", listed("Linux/amd64"), "error image-platform-name"},
	{"macos in an index", listed("macos/arm64"), "error image-platform-name"},
	{"the variant armv7 in an index", listed("linux/arm/armv7"), "error image-platform-name"},
	{"the variant 7 in an index", listed("linux/arm/7"), "error image-platform-name"},
	{"the variant v7 of arm64 in an index", listed("linux/arm64/v7"), "error image-platform-name"},
	{"the variant v7 of arm64 without an index", single("linux/arm64/v7"), "warning image-platform-unusual"},
	{"the variant v10 of arm in an index", listed("linux/arm/v10"), "error image-platform-name"},
	{"the variant v4 of arm in an index", listed("linux/arm/v4"), "error image-platform-name"},
	{"a variant of arm64 that is a word", listed("linux/arm64/neoverse"), "error image-platform-name"},
	{"the variant v9 of amd64 in an index", listed("linux/amd64/v9"), "error image-platform-name"},
	{"the variant V8 in upper case in an index", listed("linux/arm64/V8"), "error image-platform-name"},
	{"the variant v1 of amd64 in an index", listed("linux/amd64/v1"), "error image-platform-name"},
	{"the variant v1 of amd64 without an index", single("linux/amd64/v1"), "warning image-platform-unusual"},
	{"a blank in an architecture", func(l *sourcetest.Layout) v1.Descriptor {
		return l.Index(sourcetest.On(l.Image(sourcetest.AMD64, "x"), &v1.Platform{OS: "linux", Architecture: "amd64 "}))
	}, "error image-platform-name"},
	{"all variants of arm", listed("linux/arm/v5", "linux/arm/v6", "linux/arm/v7", "linux/arm/v8", "linux/arm64/v8"), ""},
	{"variants beside the architecture", listed("linux/amd64", "linux/amd64/v2", "linux/amd64/v3", "linux/amd64/v4", "linux/arm64", "linux/arm64/v9"), ""},
	{"only a variant that users request", listed("linux/amd64/v3"), "warning image-platform-unusual"},
	{"only a variant of an architecture without variants", listed("linux/ppc64le/power9"), "warning image-platform-unusual"},
	{"a variant without an index", single("linux/amd64/v3"), ""},
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
	{"a newer variant of amd64 in the config", listed("linux/amd64 linux/amd64/v3"), "warning image-platform-unusual"},
	{"an older variant of arm in the config", listed("linux/arm linux/arm/v6"), "warning image-platform-unusual"},
	{"the default variant of arm in the config", listed("linux/arm linux/arm/v7"), ""},
	{"no variant in the config", listed("linux/arm/v6 linux/arm"), ""},
	{"another version of Windows in the config", listed("windows/amd64,10.0.1 windows/amd64,10.0.2"), "warning image-platform-unusual"},

	{"two versions of Windows", listed("windows/amd64,10.0.17763.1", "windows/amd64,10.0.20348.1"), ""},
	{"two images of one platform", listed("linux/amd64", "linux/amd64 linux/amd64/v1"), "warning image-platform-twice"},
	{"two images for arm with the default variant", listed("linux/arm", "linux/arm/v7"), "warning image-platform-twice"},
	{"two images that differ in a feature", func(l *sourcetest.Layout) v1.Descriptor {
		plain, featured := windowsImage(l), windowsImage(l, "win32k")
		return l.Index(plain, featured)
	}, ""},
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
	{"an index without the field manifests", raw(types.OCIImageIndex, `{"schemaVersion":2}`), "error image-index-empty"},
	{"an index in an index", func(l *sourcetest.Layout) v1.Descriptor {
		return l.Index(sourcetest.On(l.Image(sourcetest.ARM64, "a"), sourcetest.ARM64), l.Index(sourcetest.On(l.Image(sourcetest.AMD64, "b"), sourcetest.AMD64)))
	}, "error image-index-nested"},
	{"an index in an index in an index", func(l *sourcetest.Layout) v1.Descriptor {
		return l.Index(l.Index(l.Index(sourcetest.On(l.Image(sourcetest.AMD64, "b"), sourcetest.AMD64))))
	}, "error image-index-nested"},
	{"an index of artifacts", func(l *sourcetest.Layout) v1.Descriptor {
		return l.Index(manifest([]byte(`{}`), wasm)(l), raw("application/vnd.oci.artifact.manifest.v1+json", `{"mediaType":"application/vnd.oci.artifact.manifest.v1+json"}`)(l))
	}, ""},
	{"an index of artifacts in an index", func(l *sourcetest.Layout) v1.Descriptor {
		return l.Index(l.Index(manifest([]byte(`{}`), wasm)(l)))
	}, ""},
	{"an own media type", raw("application/vnd.acme.thing+json", `{"mediaType":"application/vnd.acme.thing+json"}`), ""},
	{"an own media type in upper case", raw("application/vnd.Acme.thing+json", `{"mediaType":"application/vnd.Acme.thing+json"}`), "error image-media-type"},
	{"the media type of an image in upper case", raw("application/vnd.oci.image.Manifest.v1+json", `{"mediaType":"application/vnd.oci.image.Manifest.v1+json"}`), "error image-media-type"},
	{"an own media type with a parameter", raw("application/vnd.acme+json; charset=utf-8", `{"mediaType":"application/vnd.acme+json; charset=utf-8"}`), "error image-media-type"},
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

func TestPartsOfAnIndexNeedNoOtherPlatform(t *testing.T) {
	t.Parallel()
	if codes, err := check(t, listed("linux/amd64/v3"), rules.Options{Part: true}); len(codes) > 0 {
		t.Errorf("got %q, %v", codes, err)
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

// Docker, containerd or podman refuses a config if a field has another JSON type. The
// accepted values are those that all of them accept.
func TestConfigsHaveTheTypesThatClientsRequire(t *testing.T) {
	t.Parallel()
	cases := []struct {
		text string
		want string // a part of the message, or "" for an accepted config
	}{
		{`"rootfs":{"diff_ids":"x"}`, "a string in the field rootfs.diff_ids, in which clients require a list"},
		{`"rootfs":{"diff_ids":{"a":"x"}}`, "an object in the field rootfs.diff_ids"},
		{`"rootfs":{"diff_ids":[1]}`, "a number in the field rootfs.diff_ids"},
		{`"rootfs":{"type":1}`, "a number in the field rootfs.type"},
		{`"rootfs":"x"`, "a string in the field rootfs, in which clients require an object"},
		{`"history":{}`, "an object in the field history, in which clients require a list"},
		{`"history":["x"]`, "a string in the field history"},
		{`"history":[{"created":"yesterday"}]`, "in the field history.created, in which clients require a time"},
		{`"history":[{"empty_layer":"true"}]`, "a string in the field history.empty_layer, in which clients require true or false"},
		{`"history":[{"created_by":["a"]}]`, "a list in the field history.created_by"},
		{`"created":""`, "in the field created, in which clients require a time"},
		{`"created":1`, "in the field created"},
		{`"author":1`, "a number in the field author, in which clients require a string"},
		{`"variant":7`, "a number in the field variant"},
		{`"os.version":1`, "a number in the field os.version"},
		{`"os.features":"x"`, "a string in the field os.features"},
		{`"config":[]`, "a list in the field config, in which clients require an object"},
		{`"config":{"Env":"A=b"}`, "a string in the field config.Env, in which clients require a list"},
		{`"config":{"Env":{"A":"b"}}`, "an object in the field config.Env"},
		{`"config":{"Env":[true]}`, "true or false in the field config.Env, in which clients require a string"},
		{`"config":{"Cmd":"x"}`, "config.Cmd"},
		{`"config":{"Entrypoint":[["x"]]}`, "config.Entrypoint"},
		{`"config":{"User":0}`, "config.User"},
		{`"config":{"Volumes":["/a"]}`, "config.Volumes, in which clients require an object"},
		{`"config":{"Volumes":{"/a":""}}`, "config.Volumes"},
		{`"config":{"ExposedPorts":["80"]}`, "config.ExposedPorts"},
		{`"config":{"Labels":["a=b"]}`, "config.Labels"},
		{`"config":{"StopSignal":9}`, "config.StopSignal"},
		{`"config":{"StopTimeout":"1"}`, "config.StopTimeout, in which clients require a whole number"},
		{`"config":{"Healthcheck":{"Test":"x"}}`, "config.Healthcheck.Test"},
		{`"config":{"Healthcheck":{"Interval":"30s"}}`, "config.Healthcheck.Interval"},
		{`"config":{"OnBuild":"x"}`, "config.OnBuild"},
		{`"config":{"Tty":"x"}`, "config.Tty"},
		{`"container_config":"x"`, "container_config"},
		{`"docker_version":1`, "docker_version"},
		{`"parent":1`, "parent"},
		{`"architecture":64`, "architecture"},
		{`"os":["linux"]`, "a list in the field os"},

		{`"history":null`, ""},
		{`"created":null`, ""},
		{`"created":"2006-01-02T15:04:05.999+07:00"`, ""},
		{`"config":null`, ""},
		{`"config":{"Env":null,"Shell":"sh","Unknown":1}`, ""},
		{`"config":{"Env":["A"],"Volumes":{"/a":null},"ExposedPorts":{"80/tcp":{}}}`, ""},
		{`"unknown":1`, ""},
	}
	for _, c := range cases {
		t.Run(c.text, func(t *testing.T) {
			t.Parallel()
			text := c.text
			for _, field := range []string{`"os":"linux"`, `"architecture":"amd64"`, strings.TrimPrefix(diffIDs(1), ",")} {
				if key, _, _ := strings.Cut(field, ":"); !strings.HasPrefix(c.text, key+":") {
					text += "," + field
				}
			}
			codes, err := check(t, manifest([]byte("{"+text+"}"), types.OCILayer), rules.Options{})
			switch {
			case c.want == "" && len(codes) > 0:
				t.Errorf("got %v", err)
			case c.want != "" && (!slices.Equal(codes, []string{"error image-config-invalid"}) || !strings.Contains(strings.ReplaceAll(err.Error(), `"`, ""), c.want)):
				t.Errorf("got %q, want %q in %v", codes, c.want, err)
			}
		})
	}
}
