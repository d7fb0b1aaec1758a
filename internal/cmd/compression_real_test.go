//go:build integration && linux

package cmd_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

// skopeo and buildah read the layers that the program compressed. buildah unpacks every
// layer and compares it with the config. The program reads the layers that skopeo
// compressed with zstd.
func TestOtherToolsReadTheCompressedLayers(t *testing.T) {
	s, _ := storageStage(t)
	l := sourcetest.NewLayout(t)
	l.Add(l.Image(sourcetest.AMD64, "small", strings.Repeat(layer("one"), 4), layer("two")))
	layout := sourcetest.Dir(t, l.Files())
	for _, c := range []struct{ tag, source, format, level string }{
		{"zstd", layout, "zstd", ""}, {"fast", layout, "zstd", "1"}, {"slow", layout, "zstd", "19"},
		{"gzip", "docker://" + s.image("acme/web:zstd"), "gzip", "6"},
	} {
		s.with("source", c.source, "tags", c.tag, "compression", c.format, "compression-level", c.level).run().succeeds()
		s.verifiedLayers(s.manifest(c.tag))
		s.tool("buildah", "pull", "--quiet", "--tls-verify=false", s.image("acme/web:"+c.tag))
		if got := s.tool("buildah", "inspect", "--type", "image", "--format", "{{.FromImageID}}", s.image("acme/web:"+c.tag)); "sha256:"+got != s.manifest(c.tag).Config.Digest.String() {
			t.Errorf("%s: buildah has the image %s", c.tag, got)
		}
		s.tool("buildah", "rmi", "--all", "--force")
	}

	theirs := filepath.Join(t.TempDir(), "theirs")
	s.tool("skopeo", "--insecure-policy", "copy", "--src-tls-verify=false", "--dest-compress-format", "zstd", "--dest-compress",
		"docker://"+s.image("acme/web:zstd"), "oci:"+theirs)
	s.with("source", theirs, "tags", "theirs", "compression", "gzip", "compression-level", "").run().succeeds()
	if got := s.verifiedLayers(s.manifest("theirs")); got[0] != ociGzip {
		t.Errorf("the layers of skopeo have the media type %s", got)
	}
}
