package source_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/source"
	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

func TestPlainLayersOfEveryKindOfTarAreCompressed(t *testing.T) {
	t.Parallel()
	saved := sourcetest.NewSaved(t, "app:1", "one", strings.Repeat("two", 1<<20))
	raw := sourcetest.TarBytes(t, sourcetest.DockerSave(t, saved))
	var digests []v1.Hash
	for name, raw := range map[string][]byte{"plain": raw, "gzip": sourcetest.Gzip(raw), "zstd": zstd(t, raw)} {
		s := open(t, sourcetest.Write(t, "image", raw))
		for i, b := range s.Root.Blobs[1:] {
			r, err := gzip.NewReader(bytes.NewReader(read(t, b)))
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(r)
			if err != nil || !bytes.Equal(got, saved.Layers[i]) || b.PlainSize != int64(len(got)) {
				t.Errorf("%s: layer %d has %d bytes (%d announced), want %d: %v", name, i, len(got), b.PlainSize, len(saved.Layers[i]), err)
			}
		}
		finish(t, s.Root)
		digests = append(digests, s.Root.Descriptor.Digest)
	}
	if digests[0] != digests[1] || digests[1] != digests[2] {
		t.Errorf("the compression of the tar changes the digest: %v", digests)
	}
}

// Users compare the manifest of a saved image between runs, so its bytes must
// not change.
func TestTheManifestOfASavedImageHasAFixedDigest(t *testing.T) {
	t.Parallel()
	s := open(t, sourcetest.Tar(t, sourcetest.DockerSave(t, sourcetest.NewSaved(t, "app:1", "one"))))
	finish(t, s.Root)
	const want = `{"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.v2+json",` +
		`"config":{"mediaType":"application/vnd.docker.container.image.v1+json","size":196,"digest":"sha256:3b156778d7b2a68a6c0bd0c0cd978ac3e8d366a2278bc6bda519da0d9a2b59a2"},` +
		`"layers":[{"mediaType":"application/vnd.docker.image.rootfs.diff.tar.gzip","size":100,"digest":"sha256:936e790c0cb069552d78e587fb8cf43d74ac7ed1c4478d03dd7d42439094369d"}]}`
	if got := string(s.Root.Raw); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := s.Root.Platform.String(); got != "linux/amd64" {
		t.Errorf("platform %q", got)
	}
}

func TestImagesOfOneTarShareLayersThroughLinks(t *testing.T) {
	t.Parallel()
	one, two := sourcetest.NewSaved(t, "app:1", "base", "one"), sourcetest.NewSaved(t, "app:2", "base", "two")
	path := sourcetest.Tar(t, sourcetest.DockerSave(t, one, two))
	for tag, want := range map[string]sourcetest.Saved{"app:1": one, "app:2": two, "@1": two, two.ID().String(): two} {
		s := open(t, path+"#"+tag)
		finish(t, s.Root)
		if got := s.Root.Blobs[0].Descriptor.Digest; got != want.ID() {
			t.Errorf("%s: config %s, want %s", tag, got, want.ID())
		}
	}
	e := refused(t, path, source.CodeAmbiguous)
	if !strings.Contains(e.Title, `"app:1"`) || !strings.Contains(e.Title, `"app:2"`) {
		t.Errorf("the error does not list the images: %s", e.Title)
	}
	refused(t, path+"#app:3", source.CodeNoMatch)
}

func TestBrokenTarsOfDockerSaveAreRefused(t *testing.T) {
	t.Parallel()
	saved := sourcetest.NewSaved(t, "app:1", "one")
	good := sourcetest.DockerSave(t, saved)
	config := saved.ID().Hex + ".json"
	entry := func(e sourcetest.Entry) []sourcetest.File {
		return append(sourcetest.Without(good, "manifest.json"), sourcetest.ManifestJSON(t, e))
	}
	cases := []struct {
		name  string
		files []sourcetest.File
		code  string
	}{
		{"older than Docker 1.10", sourcetest.Without(good, "manifest.json"), source.CodeNotSupported},
		{"neither document", []sourcetest.File{{Name: "etc/passwd"}}, source.CodeNotLayout},
		{"manifest.json is not JSON", sourcetest.Replace(good, "manifest.json", []byte("[")), source.CodeUnreadable},
		{"no image", sourcetest.Replace(good, "manifest.json", []byte("[]")), source.CodeNotLayout},
		{"config is missing", sourcetest.Without(good, config), source.CodeBlobMissing},
		{"config is not JSON", sourcetest.Replace(good, config, []byte("{")), source.CodeUnreadable},
		{"config of another image", sourcetest.Replace(good, config, []byte("{}")), source.CodeBlobMismatch},
		{"layer is missing", sourcetest.Without(good, "0000/layer.tar"), source.CodeBlobMissing},
		{"layer is zstd", sourcetest.Replace(good, "0000/layer.tar", zstd(t, saved.Layers[0])), source.CodeNotSupported},
		{"a missing layer", entry(sourcetest.Entry{Config: config}), source.CodeBlobMismatch},
		{"config outside", entry(sourcetest.Entry{Config: "../../etc/passwd", Layers: []string{"0000/layer.tar"}}), source.CodeBlobMissing},
		{"layer outside", entry(sourcetest.Entry{Config: config, Layers: []string{"/etc/passwd"}}), source.CodeBlobMissing},
		{"link outside", append(sourcetest.Without(good, "0000/layer.tar"), sourcetest.File{Name: "0000/layer.tar", Link: "../../x"}), source.CodeUnsafePath},
		{"two layers with one name", append(good, sourcetest.File{Name: "0000/layer.tar", Body: []byte("other")}), source.CodeUnreadable},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			refused(t, sourcetest.Tar(t, c.files), c.code)
		})
	}
}

func TestErrorNamesTheTruncatedFileOfATar(t *testing.T) {
	t.Parallel()
	raw := sourcetest.TarBytes(t, sourcetest.DockerSave(t, sourcetest.NewSaved(t, "app:1", "one")))
	e := refused(t, sourcetest.Write(t, "image.tar", raw[:2048]), source.CodeTruncated)
	if !strings.Contains(e.Err.Error(), `"0000/layer.tar"`) {
		t.Errorf("got %q", e.Err)
	}
	// The tar ends between two files. The error contains the missing file.
	files := sourcetest.DockerSave(t, sourcetest.NewSaved(t, "app:1", "one"))
	first := append([]sourcetest.File{files[len(files)-2]}, files[2:3]...)
	cut := sourcetest.TarBytes(t, first)
	e = refused(t, sourcetest.Write(t, "image.tar", cut[:len(cut)-1024]), source.CodeTruncated)
	if !strings.Contains(e.Err.Error(), `"0000/layer.tar" is missing`) {
		t.Errorf("got %q", e.Err)
	}
}

func TestALayerWithAWrongDiffIDIsDetectedWhileItIsRead(t *testing.T) {
	t.Parallel()
	files := sourcetest.DockerSave(t, sourcetest.NewSaved(t, "app:1", "one"))
	path := sourcetest.Tar(t, sourcetest.Replace(files, "0000/layer.tar", sourcetest.LayerTar(t, "other")))
	r, err := open(t, path).Root.Blobs[1].Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := io.ReadAll(r); !diag.Is(err, source.CodeBlobMismatch) {
		t.Errorf("got %v", err)
	}
}

func TestAForeignLayerOfASavedImageKeepsItsURLs(t *testing.T) {
	t.Parallel()
	saved := sourcetest.NewSaved(t, "win:1", "windows", "mine")
	base, _, err := v1.SHA256(bytes.NewReader(saved.Layers[0]))
	if err != nil {
		t.Fatal(err)
	}
	away := v1.Descriptor{MediaType: types.DockerForeignLayer, Size: 12345, Digest: hash(7), URLs: []string{"https://example.com/base"}}
	files := append(sourcetest.Without(sourcetest.DockerSave(t, saved), "manifest.json"), sourcetest.ManifestJSON(t, sourcetest.Entry{
		Config: saved.ID().Hex + ".json", Layers: []string{"0000/layer.tar", "0001/layer.tar"},
		LayerSources: map[string]v1.Descriptor{base.String(): away},
	}))
	s := open(t, sourcetest.Tar(t, files))
	finish(t, s.Root)
	m, err := v1.ParseManifest(bytes.NewReader(s.Root.Raw))
	if err != nil {
		t.Fatal(err)
	}
	if got := m.Layers[0]; got.Digest != away.Digest || got.Size != away.Size || len(got.URLs) != 1 || got.MediaType != away.MediaType {
		t.Errorf("the foreign layer became %+v", got)
	}
	if !s.Root.Blobs[1].Foreign || s.Root.Blobs[2].Foreign {
		t.Error("the wrong layer is foreign")
	}
}
