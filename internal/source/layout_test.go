package source_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/source"
	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

// refused opens a source that Open must refuse. It checks the code of the
// error, and returns the error.
func refused(t testing.TB, text, code string) diag.Error {
	t.Helper()
	s, err := source.Open(t.Context(), text, source.Options{})
	if err == nil {
		s.Close()
	}
	if !diag.Is(err, code) {
		t.Fatalf("opening %q: got %v, want %s", text, err, code)
	}
	e := diag.All(err)[0]
	if e.Side != diag.Source || e.Title == "" || e.Hint == "" {
		t.Errorf("the error has no side, title or hint: %+v", e)
	}
	return *e
}

// files returns the files of a layout with one image. A test changes one of
// these files.
func files(t testing.TB) ([]sourcetest.File, v1.Descriptor) {
	t.Helper()
	l := sourcetest.NewLayout(t)
	d := l.Image(sourcetest.AMD64, "one")
	l.Add(d)
	return l.Files(), d
}

func layer(t testing.TB, d v1.Descriptor, in []sourcetest.File) sourcetest.File {
	t.Helper()
	for _, f := range in {
		if f.Name == sourcetest.BlobName(d.Digest) {
			m, err := v1.ParseManifest(bytes.NewReader(f.Body))
			if err != nil {
				t.Fatal(err)
			}
			return sourcetest.File{Name: sourcetest.BlobName(m.Layers[0].Digest)}
		}
	}
	t.Fatal("the manifest does not exist")
	return sourcetest.File{}
}

func TestBrokenLayoutsAreRefusedInEveryForm(t *testing.T) {
	t.Parallel()
	good, d := files(t)
	manifest, blob := sourcetest.BlobName(d.Digest), layer(t, d, good).Name
	large := bytes.Repeat([]byte(" "), image.MaxManifestSize+1)
	entry := func(mediaType string, size int) []byte {
		return fmt.Appendf(nil, `{"schemaVersion":2,"manifests":[{"mediaType":%q,"size":%d,"digest":%q}]}`, mediaType, size, d.Digest)
	}
	cases := []struct {
		name  string
		files []sourcetest.File
		code  string
	}{
		{"no index.json", sourcetest.Without(good, "index.json"), source.CodeNotLayout},
		{"no oci-layout", sourcetest.Without(good, "oci-layout"), source.CodeNotLayout},
		{"oci-layout is not JSON", sourcetest.Replace(good, "oci-layout", []byte("1.0.0")), source.CodeNotLayout},
		{"a layout of a later version", sourcetest.Replace(good, "oci-layout", []byte(`{"imageLayoutVersion":"2.0.0"}`)), source.CodeNotSupported},
		{"index.json is not JSON", sourcetest.Replace(good, "index.json", []byte("{")), source.CodeUnreadable},
		{"index.json is a manifest", sourcetest.Replace(good, "index.json", []byte(`{"schemaVersion":2,"config":{"digest":"`+d.Digest.String()+`"}}`)), source.CodeUnreadable},
		{"index.json contains no image", sourcetest.Replace(good, "index.json", []byte(`{"schemaVersion":2,"manifests":[]}`)), source.CodeNotLayout},
		{"index.json is too large", sourcetest.Replace(good, "index.json", large), source.CodeManifestLarge},
		{"manifest is missing", sourcetest.Without(good, manifest), source.CodeBlobMissing},
		{"manifest is damaged", sourcetest.Replace(good, manifest, bytes.Repeat([]byte("x"), int(d.Size))), source.CodeBlobMismatch},
		{"manifest has another size", sourcetest.Replace(good, manifest, []byte("{}")), source.CodeBlobMismatch},
		{"manifest is too large", sourcetest.Replace(good, "index.json", entry(string(d.MediaType), image.MaxManifestSize+1)), source.CodeManifestLarge},
		{"manifest with another media type", sourcetest.Replace(good, "index.json", entry(string(types.DockerManifestSchema2), int(d.Size))), source.CodeUnreadable},
		{"layer is missing", sourcetest.Without(good, blob), source.CodeBlobMissing},
		{"layer has another size", sourcetest.Replace(good, blob, []byte("short")), source.CodeBlobMismatch},
		{"digest that is a path", sourcetest.Replace(good, "index.json", []byte(`{"manifests":[{"digest":"sha256:../../../etc/passwd","size":1}]}`)), source.CodeUnreadable},
		{"no digest", sourcetest.Replace(good, "index.json", []byte(`{"manifests":[{"size":1}]}`)), source.CodeUnreadable},
		{"negative size", sourcetest.Replace(good, "index.json", entry(string(d.MediaType), -1)), source.CodeUnreadable},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for _, path := range forms(t, c.files) {
				refused(t, path, c.code)
			}
		})
	}
}

func TestAConfigWhosePlatformIsNeededIsChecked(t *testing.T) {
	t.Parallel()
	l := sourcetest.NewLayout(t)
	d := l.Image(sourcetest.AMD64, "one")
	l.Add(d)
	in := l.Files()
	for _, f := range in {
		if bytes.Contains(f.Body, []byte(`"architecture":"amd64"`)) && strings.HasPrefix(f.Name, "blobs/") {
			bent := bytes.Replace(f.Body, []byte("amd64"), []byte("arm64"), 1)
			refused(t, sourcetest.Dir(t, sourcetest.Replace(in, f.Name, bent)), source.CodeBlobMismatch)
			return
		}
	}
	t.Fatal("the layout contains no config")
}

func TestAmbiguousManifestsAreRefused(t *testing.T) {
	t.Parallel()
	l := sourcetest.NewLayout(t)
	img := l.Image(sourcetest.AMD64, "one")
	cases := []struct {
		name string
		doc  string
		t    types.MediaType
		code string
	}{
		{"index with config", `{"schemaVersion":2,"manifests":[],"config":{"digest":"%s","size":1}}`, types.OCIImageIndex, source.CodeUnreadable},
		{"manifest with manifests", `{"schemaVersion":2,"config":{"digest":"%[1]s","size":1},"manifests":[{"digest":"%[1]s","size":1}]}`, types.OCIManifestSchema1, source.CodeUnreadable},
		{"manifest without config", `{"schemaVersion":2,"layers":[{"digest":"%s","size":1}]}`, types.OCIManifestSchema1, source.CodeUnreadable},
		{"document with another media type", `{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","config":{"digest":"%s","size":1}}`, types.OCIManifestSchema1, source.CodeUnreadable},
		{"schema 1", `{"schemaVersion":1,"name":"%s"}`, types.DockerManifestSchema1Signed, source.CodeNotSupported},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			l := sourcetest.NewLayout(t)
			l.Add(l.Blob(c.t, fmt.Appendf(nil, c.doc, img.Digest)))
			refused(t, sourcetest.Dir(t, l.Files()), c.code)
		})
	}
}

func TestIndexJSONIsTheRootIfItsEntriesArePlatforms(t *testing.T) {
	t.Parallel()
	l := sourcetest.NewLayout(t)
	amd, arm := l.Image(sourcetest.AMD64, "a"), l.Image(sourcetest.ARM64, "b")
	l.Add(sourcetest.On(amd, sourcetest.AMD64))
	l.Add(sourcetest.On(arm, sourcetest.ARM64))
	in := l.Files()
	s := open(t, sourcetest.Dir(t, in))
	if !bytes.Equal(s.Root.Raw, in[0].Body) || s.Root.Descriptor.MediaType != types.OCIImageIndex {
		t.Errorf("the root is %s, not index.json", s.Root.Descriptor.MediaType)
	}
	finish(t, s.Root)
	if got := platforms(s.Root); len(got) != 2 {
		t.Errorf("platforms %q", got)
	}
	one := open(t, sourcetest.Dir(t, in)+"#"+arm.Digest.String())
	if one.Root.Descriptor.Digest != arm.Digest {
		t.Errorf("picked %s, got %s", arm.Digest, one.Root.Descriptor.Digest)
	}
}

// Nested indexes, media types of Docker and unknown media types are published.
func TestContentThatRegistriesAcceptIsAccepted(t *testing.T) {
	t.Parallel()
	l := sourcetest.NewLayout(t)
	held := l.Blob("application/x-data", []byte("data"))
	docker := l.JSON(types.DockerManifestSchema2, v1.Manifest{
		SchemaVersion: 2, MediaType: types.DockerManifestSchema2,
		Config: l.Blob(types.DockerConfigJSON, sourcetest.Config(t, sourcetest.AMD64)), Layers: []v1.Descriptor{held},
	})
	list := l.JSON(types.DockerManifestList, v1.IndexManifest{SchemaVersion: 2, MediaType: types.DockerManifestList, Manifests: []v1.Descriptor{docker}})
	artifact := l.JSON("application/vnd.oci.artifact.manifest.v1+json", map[string]any{"mediaType": "application/vnd.oci.artifact.manifest.v1+json", "blobs": []v1.Descriptor{held}})
	opaque := l.Blob("application/x-new+json", []byte(`{"config":"a word","layers":{"none":true}}`))
	root := l.Index(list, artifact, opaque, l.Index())
	l.Add(root)
	s := open(t, sourcetest.Dir(t, l.Files()))
	finish(t, s.Root)
	if got := len(image.Manifests(s.Root)); got != 6 || s.Root.Descriptor.Digest != root.Digest {
		t.Errorf("got %d manifests under %s", got, s.Root.Descriptor.Digest)
	}
	if got := s.Root.Children[1].Blobs; len(got) != 1 || got[0].Descriptor.Digest != held.Digest {
		t.Errorf("the artifact's blobs are %v", got)
	}
	l.Add(l.Blob("application/x-new", []byte("no JSON")), "bad")
	refused(t, sourcetest.Dir(t, l.Files())+"#bad", source.CodeUnreadable)
}

func TestAForeignLayerIsKeptByReference(t *testing.T) {
	t.Parallel()
	url := []string{"https://example.com/layer"}
	cases := []struct {
		name    string
		t       types.MediaType
		urls    []string
		held    bool
		foreign bool
	}{
		{"a missing foreign layer of Docker", types.DockerForeignLayer, url, false, true},
		{"a missing restricted layer of OCI", types.OCIRestrictedLayer, url, false, true},
		{"a missing restricted layer of OCI without URLs", types.OCIRestrictedLayer, nil, false, true},
		{"a missing ordinary layer with URLs", types.OCILayer, url, false, true},
		{"a foreign layer in the layout", types.DockerForeignLayer, url, true, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := sourcetest.NewLayout(t)
			body := sourcetest.Gzip([]byte("windows"))
			at := sourcetest.NewLayout(t)
			if c.held {
				at = l
			}
			d := at.Blob(c.t, body)
			d.URLs = c.urls
			windows := &v1.Platform{OS: "windows", Architecture: "amd64", OSVersion: "10.0.20348.1"}
			m := v1.Manifest{SchemaVersion: 2, MediaType: types.OCIManifestSchema1, Config: l.Blob(types.OCIConfigJSON, sourcetest.Config(t, windows)), Layers: []v1.Descriptor{d}}
			l.Add(l.JSON(m.MediaType, m))
			s := open(t, sourcetest.Dir(t, l.Files()))
			if got := s.Root.Blobs[1]; got.Foreign != c.foreign || len(got.Descriptor.URLs) != len(c.urls) {
				t.Errorf("foreign %t with URLs %q", got.Foreign, got.Descriptor.URLs)
			}
			if got := s.Root.Platform.OSVersion; got != windows.OSVersion {
				t.Errorf("os.version %q", got)
			}
			finish(t, s.Root)
		})
	}
}

func TestLinksOutOfADirectoryAreRefused(t *testing.T) {
	t.Parallel()
	good, d := files(t)
	manifest := sourcetest.BlobName(d.Digest)
	outside := sourcetest.Write(t, "manifest", []byte("{}"))
	for _, link := range []string{outside, "../../../../../etc/passwd"} {
		bent := append(sourcetest.Without(good, manifest), sourcetest.File{Name: manifest, Link: link})
		refused(t, sourcetest.Dir(t, bent), source.CodeUnsafePath)
	}
	body := good[2]
	inside := append(sourcetest.Without(good, body.Name),
		sourcetest.File{Name: "elsewhere", Body: body.Body}, sourcetest.File{Name: body.Name, Link: "../../elsewhere"})
	finish(t, open(t, sourcetest.Dir(t, inside)).Root)
}

func TestADirectoryInsteadOfABlobIsRefused(t *testing.T) {
	t.Parallel()
	good, d := files(t)
	dir := sourcetest.Dir(t, sourcetest.Without(good, sourcetest.BlobName(d.Digest)))
	if err := os.MkdirAll(filepath.Join(dir, sourcetest.BlobName(d.Digest)), 0o755); err != nil {
		t.Fatal(err)
	}
	refused(t, dir, source.CodeUnsafePath)
}

func TestNestedIndexesAreBounded(t *testing.T) {
	t.Parallel()
	l := sourcetest.NewLayout(t)
	d := l.Image(sourcetest.AMD64, "one")
	for range 7 {
		d = l.Index(d)
	}
	l.Add(d, "deep")
	l.Add(l.Index(d), "deeper")
	dir := sourcetest.Dir(t, l.Files())
	finish(t, open(t, dir+"#deep").Root)
	refused(t, dir+"#deeper", source.CodeTooDeep)
}

func TestAWideIndexIsRefusedBeforeItsChildrenAreRead(t *testing.T) {
	t.Parallel()
	var children []v1.Descriptor
	for i := range 10_001 {
		children = append(children, v1.Descriptor{MediaType: types.OCIManifestSchema1, Size: 10, Digest: hash(i)})
	}
	var heavy []v1.Descriptor
	for i := range 65 {
		heavy = append(heavy, v1.Descriptor{MediaType: types.OCIManifestSchema1, Size: image.MaxManifestSize, Digest: hash(i)})
	}
	l := sourcetest.NewLayout(t)
	l.Add(l.Index(children...), "wide")
	l.Add(l.Index(heavy...), "heavy")
	bomb := `{"schemaVersion":2,"manifests":[` + strings.Repeat(`{"digest":"`+hash(1).String()+`"},`, 20_000) + `{"digest":"` + hash(2).String() + `"}]}`
	l.Add(l.Blob(types.OCIImageIndex, []byte(bomb)), "bomb")
	dir := sourcetest.Dir(t, l.Files())
	refused(t, dir+"#wide", source.CodeManifestLarge)
	refused(t, dir+"#heavy", source.CodeManifestLarge)
	refused(t, dir+"#bomb", source.CodeUnreadable)
}

func hash(i int) v1.Hash { return v1.Hash{Algorithm: "sha256", Hex: fmt.Sprintf("%064x", i)} }

func TestAChildWithTwoEntriesIsOneManifest(t *testing.T) {
	t.Parallel()
	l := sourcetest.NewLayout(t)
	d := l.Image(sourcetest.AMD64, "one")
	l.Add(l.Index(d, sourcetest.On(d, sourcetest.AMD64), l.Index(d)))
	s := open(t, sourcetest.Dir(t, l.Files()))
	if s.Root.Children[0] != s.Root.Children[1] || s.Root.Children[2].Children[0] != s.Root.Children[0] {
		t.Error("the same child is read more than once")
	}
	wrong := d
	wrong.Size++
	l.Add(l.Index(d, l.Index(wrong)), "wrong")
	refused(t, sourcetest.Dir(t, l.Files())+"#wrong", source.CodeBlobMismatch)
}

func TestTheNamesInALayoutAreListed(t *testing.T) {
	t.Parallel()
	l := sourcetest.NewLayout(t)
	l.Add(l.Image(sourcetest.AMD64, "one"), "docker.io/library/app:1", "v1")
	s := open(t, sourcetest.Dir(t, l.Files()))
	got, err := json.Marshal(s.Names)
	if want := `["docker.io/library/app:1","1","v1"]`; err != nil || string(got) != want {
		t.Errorf("names %s, want %s", got, want)
	}
}

func TestArchiveOfDockerSaveWithAnotherPrefixIsNamed(t *testing.T) {
	t.Parallel()
	path := sourcetest.Tar(t, sourcetest.DockerSave(t, sourcetest.NewSaved(t, "web:1", "one")))
	if e := refused(t, "oci-archive:"+path, source.CodeNotLayout); !strings.Contains(e.Hint, strconv.Quote("docker-archive:"+path)) {
		t.Errorf("got %v", e)
	}
	if e := refused(t, "oci:-", source.CodeNotLayout); !strings.Contains(e.Hint, "oci-archive:-") {
		t.Errorf("got %v", e)
	}
}
