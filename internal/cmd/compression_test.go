package cmd_test

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
	"github.com/ghcr-publish/ghcr-publish/internal/image/compress"
	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

// publishedManifest contains the fields of a manifest or an index that the tests read.
type publishedManifest struct {
	MediaType types.MediaType
	Config    v1.Descriptor
	Layers    []v1.Descriptor
	Manifests []v1.Descriptor
}

func (s *stage) manifest(reference string) publishedManifest {
	s.t.Helper()
	found, ok := s.server.Manifest("acme/web", reference)
	if !ok {
		s.t.Fatalf("manifest %q does not exist", reference)
	}
	var out publishedManifest
	s.check(json.Unmarshal(found.Raw, &out))
	return out
}

// verifiedLayers returns the media types of the layers of an image. It fails the test
// unless the uncompressed layers have the digests in the config.
func (s *stage) verifiedLayers(m publishedManifest) []string {
	s.t.Helper()
	var config struct {
		RootFS struct {
			DiffIDs []v1.Hash `json:"diff_ids"`
		} `json:"rootfs"`
	}
	raw, err := s.server.Blob("acme/web", m.Config.Digest.String())
	s.check(err)
	s.check(json.Unmarshal(raw, &config))
	if len(config.RootFS.DiffIDs) != len(m.Layers) {
		s.t.Fatalf("the config names %d layers, the manifest %d", len(config.RootFS.DiffIDs), len(m.Layers))
	}
	var formats []string
	for i, layer := range m.Layers {
		packed, err := s.server.Blob("acme/web", layer.Digest.String())
		s.check(err)
		in, err := compress.Decompress(io.NopCloser(bytes.NewReader(packed)), 1<<30)
		s.check(err)
		digest, _, err := v1.SHA256(in)
		s.check(err)
		if digest != config.RootFS.DiffIDs[i] || int64(len(packed)) != layer.Size {
			s.t.Errorf("layer %d has the diff id %s and %d bytes; the config has %s, the manifest %d", i, digest, len(packed), config.RootFS.DiffIDs[i], layer.Size)
		}
		formats = append(formats, string(compress.Detect(packed))+" as "+string(layer.MediaType))
	}
	return formats
}

const (
	ociGzip    = "gzip as application/vnd.oci.image.layer.v1.tar+gzip"
	ociZstd    = "zstd as application/vnd.oci.image.layer.v1.tar+zstd"
	dockerGzip = "gzip as application/vnd.docker.image.rootfs.diff.tar.gzip"
)

// buildxLayout is an OCI layout for two platforms as docker buildx leaves it.
func buildxLayout(t *testing.T) (path string, root v1.Descriptor) {
	t.Helper()
	l := sourcetest.NewLayout(t)
	root = l.MultiPlatform()
	l.Add(root)
	return sourcetest.Dir(t, l.Files()), root
}

func TestLayersOfAllPlatformsAreRecompressedAndAttestationsAreUpdated(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme())
	path, root := buildxLayout(t)
	s.with("source", path, "tags", "1\nlatest", "compression", "zstd")
	r := s.run().succeeds()
	if n := r.count("PATCH", "/blobs/"); n != 3 {
		t.Errorf("%d layers were compressed, want 3, because the platforms share one of four", n)
	}
	if r.outputs["digest"] == root.Digest.String() || r.notices() != "digest-changes attestations-outdated" || !strings.Contains(r.stdout, "compresses layers as zstd") {
		r.fatal("the notices are %q, want one about the digest and one about attestations", r.notices())
	}
	index := s.manifest("1")
	for i, m := range index.Manifests[:2] {
		if got := strings.Join(s.verifiedLayers(s.manifest(m.Digest.String())), ", "); got != ociZstd+", "+ociZstd {
			t.Errorf("platform %d has %s", i, got)
		}
		if got := index.Manifests[i+2].Annotations["vnd.docker.reference.digest"]; got != m.Digest.String() {
			t.Errorf("the attestation of %s names %s", m.Digest, got)
		}
		if m.Platform == nil || m.Platform.OS != "linux" {
			t.Errorf("the platform of %s is %v", m.Digest, m.Platform)
		}
	}
	again := s.run().succeeds().wroteNothing().hasOutputs("outcome", "unchanged").hasOutputs("digest", r.outputs["digest"])
	if n := again.count("GET", "/blobs/"); n > 0 {
		t.Errorf("%d blobs were read, although equal configs show that nothing changed", n)
	}
}

func TestLayersOfEverySourceAreRecompressed(t *testing.T) {
	t.Parallel()
	saved := sourcetest.NewSaved(t, "web:1", layer("one"), layer("two"))
	save := func(s sourcetest.Saved) string { return sourcetest.Tar(t, sourcetest.DockerSave(t, s)) }
	layout := func(as types.MediaType) string {
		l := sourcetest.NewLayout(t)
		l.Add(l.ImageOf(sourcetest.AMD64, as, saved.Layers...))
		return sourcetest.Dir(t, l.Files())
	}
	list := func() string {
		l := sourcetest.NewLayout(t)
		child := l.JSON(types.DockerManifestSchema2, v1.Manifest{
			SchemaVersion: 2, MediaType: types.DockerManifestSchema2, Config: l.Blob(types.DockerConfigJSON, saved.Config),
			Layers: []v1.Descriptor{l.Blob(types.DockerLayer, sourcetest.Gzip(saved.Layers[0])), l.Blob(types.DockerLayer, sourcetest.Gzip(saved.Layers[1]))},
		})
		l.Add(l.JSON(types.DockerManifestList, v1.IndexManifest{SchemaVersion: 2, MediaType: types.DockerManifestList, Manifests: []v1.Descriptor{sourcetest.On(child, sourcetest.AMD64)}}))
		return sourcetest.Dir(t, l.Files())
	}
	cases := []struct {
		name, source string
		with         []string
		layers       string
		as           types.MediaType
	}{
		{"docker save to zstd", save(saved), []string{"compression", "zstd"}, ociZstd, types.OCIManifestSchema1},
		{"docker save at another level", save(saved), []string{"compression", "gzip", "compression-level", "9"}, dockerGzip, types.DockerManifestSchema2},
		{"gzipped docker save to zstd", save(saved.Gzipped()), []string{"compression", "zstd", "compression-level", "1"}, ociZstd, types.OCIManifestSchema1},
		{"gzipped docker save is kept", save(saved.Gzipped()), []string{"compression", "gzip"}, dockerGzip, types.DockerManifestSchema2},
		{"an uncompressed layout to gzip", layout(types.OCIUncompressedLayer), []string{"compression", "gzip"}, ociGzip, types.OCIManifestSchema1},
		{"a layout to zstd", layout(types.OCILayer), []string{"compression", "zstd"}, ociZstd, types.OCIManifestSchema1},
		{"Docker's list to zstd", list(), []string{"compression", "zstd"}, ociZstd, types.OCIImageIndex},
		{"with labels", layout(types.OCILayer), []string{"compression", "zstd", "labels", "a=b", "annotations", "c=d"}, ociZstd, types.OCIManifestSchema1},
		{"with a label in docker save", save(saved), []string{"compression", "zstd", "labels", "a=b"}, ociZstd, types.OCIManifestSchema1},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, acme()).with("source", c.source, "tags", "1").with(c.with...)
			s.run().succeeds()
			m := s.manifest("1")
			if m.MediaType != c.as {
				t.Errorf("the media type is %s, want %s", m.MediaType, c.as)
			}
			if len(m.Manifests) > 0 {
				if m = s.manifest(m.Manifests[0].Digest.String()); m.MediaType != types.OCIManifestSchema1 || m.Config.MediaType != types.OCIConfigJSON {
					t.Errorf("the image in the index has the media type %s, its config %s", m.MediaType, m.Config.MediaType)
				}
			}
			if got := strings.Join(s.verifiedLayers(m), ", "); got != c.layers+", "+c.layers {
				t.Errorf("the layers are %s", got)
			}
			s.run().succeeds().wroteNothing().hasOutputs("outcome", "unchanged")
		})
	}
}

func TestOnlyChangedLayersAreRecompressed(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme()).with("tags", "edge", "monotonic", "false", "compression", "zstd")
	build := func(text string) string {
		l := sourcetest.NewLayout(t)
		l.Add(l.Index(sourcetest.On(l.Image(sourcetest.AMD64, "base", text), sourcetest.AMD64), sourcetest.On(l.Image(sourcetest.ARM64, "base", text+" for arm"), sourcetest.ARM64)))
		return sourcetest.Dir(t, l.Files())
	}
	s.with("source", build("old")).run().succeeds()
	if n := s.with("source", build("new")).run().succeeds().count("PATCH", "/blobs/"); n != 2 {
		t.Errorf("%d layers were compressed, want the two that changed", n)
	}
	// Another format gives another image, although nothing else changed.
	r := s.with("compression", "gzip", "source", "docker://"+s.image("acme/web:edge"), "tags", "edge\nnext", "verify", "none").run().succeeds()
	for _, m := range s.manifest("edge").Manifests {
		if got := strings.Join(s.verifiedLayers(s.manifest(m.Digest.String())), ", "); got != ociGzip+", "+ociGzip {
			r.fatal("the layers are %s", got)
		}
	}
}

func TestLayersWithATableOfContentsAreNotRecompressed(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme())
	l := sourcetest.NewLayout(t)
	plain, other := sourcetest.LayerTar(t, "lazy"), sourcetest.LayerTar(t, "other")
	lazy := l.Blob(types.OCILayer, sourcetest.Gzip(plain))
	lazy.Annotations = map[string]string{"containerd.io/snapshot/stargz/toc.digest": lazy.Digest.String()}
	l.Add(l.JSON(types.OCIManifestSchema1, v1.Manifest{
		SchemaVersion: 2, MediaType: types.OCIManifestSchema1, Layers: []v1.Descriptor{lazy, l.Blob(types.OCILayer, sourcetest.Gzip(other))},
		Config: l.Blob(types.OCIConfigJSON, sourcetest.Config(t, sourcetest.AMD64, plain, other)),
	}))
	r := s.with("source", sourcetest.Dir(t, l.Files()), "tags", "1", "compression", "zstd").run().succeeds()
	m := s.manifest("1")
	if got := strings.Join(s.verifiedLayers(m), ", "); got != ociGzip+", "+ociZstd || m.Layers[0].Digest != lazy.Digest || m.Layers[0].Annotations == nil {
		t.Errorf("the layers are %s: %v", got, m.Layers)
	}
	if !strings.Contains(r.notices(), "layers-indexed") || !strings.Contains(r.stdout, "Number of layers: 1.") {
		r.fatal("no notice about the layer that keeps its compression")
	}
}

func TestLayerThatDiffersFromItsConfigIsNotPushed(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name  string
		layer []byte
		words string
	}{
		{"another layer", sourcetest.Gzip(sourcetest.LayerTar(t, "forged")), "is damaged"},
		{"not gzip", append([]byte{0x1f, 0x8b, 8}, bytes.Repeat([]byte("x"), 100)...), "cannot be decompressed"},
		{"truncated", sourcetest.Gzip(sourcetest.LayerTar(t, "true"))[:60], "cannot be decompressed"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, acme())
			l := sourcetest.NewLayout(t)
			l.Add(l.JSON(types.OCIManifestSchema1, v1.Manifest{
				SchemaVersion: 2, MediaType: types.OCIManifestSchema1, Layers: []v1.Descriptor{l.Blob(types.OCILayer, c.layer)},
				Config: l.Blob(types.OCIConfigJSON, sourcetest.Config(t, sourcetest.AMD64, sourcetest.LayerTar(t, "true"))),
			}))
			r := s.with("source", sourcetest.Dir(t, l.Files()), "tags", "1", "compression", "zstd").run().failsWith("source-blob-wrong", c.words)
			if s.server.Tag("acme/web", "1") != "" {
				r.fatal("the image has a tag")
			}
		})
	}
}

func TestDryRunAndArchiveOfARecompressedImage(t *testing.T) {
	t.Parallel()
	path, _ := buildxLayout(t)
	s := newStage(t, acme()).with("source", path, "tags", "1", "compression", "zstd", "dry-run", "true")
	if r := s.run().succeeds().wroteNothing(); !strings.Contains(r.stdout, "known after compression") {
		r.fatal("the plan does not state that the digest is unknown")
	}
	digest := s.with("dry-run", "").run().succeeds().outputs["digest"]
	c := acme()
	c.Credentials[0].Packages = ghcrtest.Read
	fork := newStage(t, c).with("source", path, "tags", "1", "compression", "zstd", "on-readonly", "archive")
	fork.run().succeeds().hasOutputs("archive-digest", digest)
}

func TestCompressionErrors(t *testing.T) {
	t.Parallel()
	path, _ := buildxLayout(t)
	cases := []struct {
		with  []string
		code  string
		words string
	}{
		{[]string{"compression", "brotli"}, "input-value", "Allowed: keep, gzip, zstd."},
		{[]string{"compression", "gzip", "compression-level", "10"}, "input-value", "from 1 to 9"},
		{[]string{"compression", "zstd", "compression-level", "fast"}, "input-value", "from 1 to 22"},
		{[]string{"compression-level", "6"}, "compression-level-without-compression", "Set the input compression to gzip or zstd"},
	}
	for _, c := range cases {
		newStage(t, acme()).with("source", path, "tags", "1").with(c.with...).run().failsWith(c.code, c.words).wroteNothing()
	}
}
