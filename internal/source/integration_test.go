//go:build integration

package source_test

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/source"
	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

// skopeo runs skopeo and returns its output.
func skopeo(t *testing.T, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath("skopeo"); err != nil {
		t.Skip("skopeo is not installed")
	}
	cmd := exec.Command("skopeo", append([]string{"--insecure-policy"}, args...)...)
	var failure strings.Builder
	cmd.Stderr = &failure
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("skopeo %s: %v\n%s", strings.Join(args, " "), err, failure.String())
	}
	return string(out)
}

// digestBySkopeo returns the digest that skopeo computes for a manifest.
func digestBySkopeo(t *testing.T, raw []byte) string {
	t.Helper()
	path := sourcetest.Write(t, "manifest.json", raw)
	return strings.TrimSpace(skopeo(t, "manifest-digest", path))
}

func TestDigestsOfLayoutsAndOCIArchivesEqualSkopeos(t *testing.T) {
	l := sourcetest.NewLayout(t)
	l.Add(l.MultiPlatform(), "multi")
	l.Add(l.Image(sourcetest.AMD64, "one", "two"), "single")
	from := "oci:" + sourcetest.Dir(t, l.Files())
	for _, tag := range []string{"multi", "single"} {
		for _, kind := range []source.Kind{source.OCILayout, source.OCIArchive} {
			to := string(kind) + ":" + filepath.Join(t.TempDir(), "copy") + ":" + tag
			skopeo(t, "copy", "--all", from+":"+tag, to)
			want := digestBySkopeo(t, []byte(skopeo(t, "inspect", "--raw", to)))
			s := open(t, to)
			finish(t, s.Root)
			if got := s.Root.Descriptor.Digest.String(); got != want || s.Kind != kind {
				t.Errorf("%s: got %s of kind %q, skopeo has %s", to, got, s.Kind, want)
			}
		}
	}
}

func TestContentOfDockerArchivesEqualsSkopeos(t *testing.T) {
	l := sourcetest.NewLayout(t)
	l.Add(l.Image(sourcetest.AMD64, "one", "two"), "single")
	path := filepath.Join(t.TempDir(), "image.tar")
	to := "docker-archive:" + path + ":example.com/app:1"
	skopeo(t, "copy", "oci:"+sourcetest.Dir(t, l.Files())+":single", to)
	for _, text := range []string{path, to, path + "#app:1", path + "#example.com/app"} {
		s := open(t, text)
		finish(t, s.Root)
		config := skopeo(t, "inspect", "--config", "--raw", "docker-archive:"+path)
		if got := string(read(t, s.Root.Blobs[0])); got != config {
			t.Errorf("%s: config %s, skopeo has %s", text, got, config)
		}
		if got, want := s.Root.Descriptor.Digest.String(), digestBySkopeo(t, s.Root.Raw); got != want {
			t.Errorf("%s: digest %s, but skopeo returned %s", text, got, want)
		}
	}
}

// Skopeo reads the image that is made from a tar of docker save.
func TestSkopeoReadsAnImageFromADockerArchive(t *testing.T) {
	s := open(t, sourcetest.Tar(t, sourcetest.DockerSave(t, sourcetest.NewSaved(t, "app:1", "one", strings.Repeat("two", 1<<19)))))
	finish(t, s.Root)
	made := []sourcetest.File{{Name: "version", Body: []byte("Directory Transport Version: 1.1\n")}, {Name: "manifest.json", Body: s.Root.Raw}}
	for _, b := range s.Root.Blobs {
		made = append(made, sourcetest.File{Name: b.Descriptor.Digest.Hex, Body: read(t, b)})
	}
	from, to := "dir:"+sourcetest.Dir(t, made), filepath.Join(t.TempDir(), "back.tar")
	if got, want := digestBySkopeo(t, []byte(skopeo(t, "inspect", "--raw", from))), s.Root.Descriptor.Digest.String(); got != want {
		t.Errorf("skopeo sees %s, want %s", got, want)
	}
	// When skopeo writes a tar, it decompresses every layer and checks the
	// digest of the layer.
	skopeo(t, "copy", from, "docker-archive:"+to+":app:1")
	back := open(t, to)
	finish(t, back.Root)
	if got, want := back.Root.Descriptor.Digest, s.Root.Descriptor.Digest; got != want {
		t.Errorf("after a copy with skopeo the digest is %s, want %s", got, want)
	}
}
