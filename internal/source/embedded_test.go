package source_test

import (
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/ghcr-publish/ghcr-publish/internal/source"
	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

func hasNotice(s *source.Source, code string) bool {
	for _, n := range s.Notices {
		if n.Code == code {
			return true
		}
	}
	return false
}

// The containerd image store saves compressed layers, so the digests stay.
func TestAnEmbeddedLayoutOfCompressedLayersKeepsItsDigest(t *testing.T) {
	t.Parallel()
	l := sourcetest.NewLayout(t)
	amd, arm := sourcetest.On(l.Image(sourcetest.AMD64, "a"), sourcetest.AMD64), sourcetest.On(l.Image(sourcetest.ARM64, "b"), sourcetest.ARM64)
	root := l.Index(amd, arm, l.Attestation(amd))
	l.Add(root, "docker.io/library/app:1")
	path := sourcetest.Tar(t, sourcetest.DockerSaveOCI(t, l, amd, "app:1"))
	for _, text := range []string{path, path + "#app:1", path + "#app", path + "#" + root.Digest.String(), "docker-archive:" + path, "oci-archive:" + path} {
		s := open(t, text)
		finish(t, s.Root)
		if s.Root.Descriptor.Digest != root.Digest || len(s.Root.Children) != 3 {
			t.Errorf("%s: got %s with %d children, want the index %s", text, s.Root.Descriptor.Digest, len(s.Root.Children), root.Digest)
		}
	}
	refused(t, path+"#app:2", source.CodeNoMatch)
}

// The classic store of Docker saves uncompressed layers. openEmbedded does not
// use the layout then, and the layers are compressed.
func TestAnEmbeddedLayoutOfPlainLayersIsCompressed(t *testing.T) {
	t.Parallel()
	for _, mediaType := range []types.MediaType{types.OCIUncompressedLayer, types.OCILayer} {
		l := sourcetest.NewLayout(t)
		plain := sourcetest.LayerTar(t, "plain")
		d := l.ImageOf(sourcetest.AMD64, types.OCIUncompressedLayer, plain)
		if mediaType != types.OCIUncompressedLayer { // an uncompressed layer with the media type of gzip
			d = l.JSON(types.OCIManifestSchema1, v1.Manifest{
				SchemaVersion: 2, MediaType: types.OCIManifestSchema1,
				Config: l.Blob(types.OCIConfigJSON, sourcetest.Config(t, sourcetest.AMD64, plain)),
				Layers: []v1.Descriptor{l.Blob(mediaType, plain)},
			})
		}
		l.Add(d, "docker.io/library/app:1")
		path := sourcetest.Tar(t, sourcetest.DockerSaveOCI(t, l, d, "app:1"))
		s := open(t, path)
		finish(t, s.Root)
		if s.Root.Descriptor.MediaType != types.DockerManifestSchema2 || !hasNotice(s, "source-compressed") {
			t.Errorf("%s: got %s with notices %+v", mediaType, s.Root.Descriptor.MediaType, s.Notices)
		}
		if kept := open(t, "oci-archive:"+path); kept.Root.Descriptor.Digest != d.Digest {
			t.Errorf("%s: oci-archive: gives %s, want %s", mediaType, kept.Root.Descriptor.Digest, d.Digest)
		}
	}
}

// Docker can pull one platform of an index. A tar of docker save then contains
// the index and only this platform.
func TestAnIndexWithMissingPlatformsGivesTheAvailablePlatform(t *testing.T) {
	t.Parallel()
	l, elsewhere := sourcetest.NewLayout(t), sourcetest.NewLayout(t)
	amd := sourcetest.On(l.Image(sourcetest.AMD64, "a"), sourcetest.AMD64)
	arm := sourcetest.On(elsewhere.Image(sourcetest.ARM64, "b"), sourcetest.ARM64)
	l.Add(l.Index(arm, amd), "docker.io/library/app:1")
	files := sourcetest.DockerSaveOCI(t, l, amd, "app:1")
	s := open(t, sourcetest.Tar(t, files))
	finish(t, s.Root)
	if s.Root.Descriptor.Digest != amd.Digest || !hasNotice(s, "source-platforms-missing") {
		t.Errorf("got %s with notices %+v, want %s", s.Root.Descriptor.Digest, s.Notices, amd.Digest)
	}
	refused(t, "oci-archive:"+sourcetest.Tar(t, files), source.CodeBlobMissing)
}

// manifest.json may list each platform of an index under the same name.
func TestPlatformsOfOneIndexAreOneImage(t *testing.T) {
	t.Parallel()
	l := sourcetest.NewLayout(t)
	root := l.MultiPlatform()
	l.Add(root, "docker.io/library/app:1")
	one, two := sourcetest.NewSaved(t, "app:1", "x"), sourcetest.NewSaved(t, "app:1", "y")
	files := append(l.Files(), sourcetest.DockerSave(t, one, two)...)
	if got := open(t, sourcetest.Tar(t, files)).Root.Descriptor.Digest; got != root.Digest {
		t.Errorf("got %s, want %s", got, root.Digest)
	}
	l.Add(l.Image(sourcetest.AMD64, "z"), "docker.io/library/app:2")
	files = append(l.Files(), sourcetest.DockerSave(t, one, two)...)
	refused(t, sourcetest.Tar(t, files), source.CodeAmbiguous)
}
