package source_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/ci/needs"
	"github.com/ghcr-publish/ghcr-publish/internal/source"
	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

func TestMissingSourcesAreExplained(t *testing.T) {
	t.Parallel()
	good, _ := files(t)
	tar := sourcetest.Tar(t, good)
	cases := []struct{ name, text, code, says string }{
		{"nothing", "", source.CodeNotFound, "source is empty"},
		{"a path", "./dist/image", source.CodeNotFound, "the step that writes the file"},
		{"a registry reference", "ghcr.io/acme/web:1", source.CodeNotFound, "docker://ghcr.io/acme/web:1"},
		{"a name in the engine", "acme/web:1", source.CodeNotFound, `write "docker-daemon:acme/web:1"`},
		{"a colon instead of a hash", tar + ":v1", source.CodeNotFound, strconv.Quote(tar + "#v1")},
		{"after a prefix", "oci:nowhere:v1", source.CodeNotFound, `"nowhere:v1"`},
		{"a newline", "a\nb", source.CodeNotFound, `"a\nb"`},
		{"a NUL", "a\x00b", source.CodeNotFound, `"a\x00b"`},
		{"a name that is too long", strings.Repeat("n", 5000), source.CodeNotFound, "does not exist"},
		{"a file used as a folder", tar + "/index.json", source.CodeNotFound, "does not exist"},
		{"the engine", "docker-daemon:app:1", source.CodeNotSupported, "Save the image to a file"},
		{"the storage of podman", "containers-storage:app", source.CodeNotSupported, "Save the image to a file"},
		{"a registry without a client", "docker://ghcr.io/acme/web", source.CodeNotSupported, "in a registry"},
		{"an invalid reference", "docker://A B", source.CodeNotFound, "not an image reference"},
		{"oci: with a tar", "oci:" + tar, source.CodeNotLayout, strconv.Quote("oci-archive:" + tar)},
		{"docker-archive: with a directory", "docker-archive:" + filepath.Dir(tar), source.CodeNotLayout, "is a directory"},
		{"docker-archive: with an OCI archive", "docker-archive:" + tar, source.CodeNotLayout, strconv.Quote("oci-archive:" + tar)},
		{"a directory that contains an archive", filepath.Dir(tar), source.CodeNotLayout, "Set the input source to " + filepath.ToSlash(tar)},
		{"a directory without an image", "testdata", source.CodeNotLayout, "neither index.json nor manifest.json"},
		{"a Dockerfile", sourcetest.Write(t, "Dockerfile", []byte("FROM scratch")), source.CodeNotLayout, "is a Dockerfile"},
		{"a tar of docker export", sourcetest.Tar(t, []sourcetest.File{{Name: "etc/passwd"}, {Name: "usr/bin/x"}, {Name: "var/log/x"}}), source.CodeNotLayout, "docker save instead of docker export"},
		{"a variable", "$IMAGE", source.CodeNotFound, "variable IMAGE"},
		{"two sources", "a.tar\nb.tar", source.CodeNotFound, "accepts one image"},
		{"an archive that does not exist", "missing.tar", source.CodeNotFound, "The working directory contains"},
		{"an address", "https://ghcr.io/acme/web:1", source.CodeNotFound, "docker://ghcr.io/acme/web:1"},
		{"a device", os.DevNull, source.CodeUnreadable, "terminal or another device"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if e := refused(t, c.text, c.code); !strings.Contains(e.Error(), c.says) {
				t.Errorf("got %q, want it to contain %q", e.Error(), c.says)
			}
		})
	}
}

func TestATransportPrefixSelectsTheKindOfSource(t *testing.T) {
	t.Parallel()
	good, d := files(t)
	dir, tar := sourcetest.Dir(t, good), sourcetest.Tar(t, good)
	docker := sourcetest.Tar(t, sourcetest.DockerSave(t, sourcetest.NewSaved(t, "app:1", "one")))
	cases := []struct {
		text string
		kind source.Kind
	}{
		{dir, source.OCILayout},
		{"oci:" + dir, source.OCILayout},
		{"oci:" + dir + ":" + d.Digest.String(), source.OCILayout},
		{"oci:" + dir + "#" + d.Digest.String(), source.OCILayout},
		{"oci:" + dir + ":@0", source.OCILayout},
		{tar, source.OCIArchive},
		{"oci-archive:" + tar, source.OCIArchive},
		{docker, source.DockerArchive},
		{docker + "#app:1", source.DockerArchive},
		{"docker-archive:" + docker, source.DockerArchive},
		{"docker-archive:" + docker + ":app:1", source.DockerArchive},
		{"docker-archive:" + docker + ":@0", source.DockerArchive},
	}
	for _, c := range cases {
		if got := open(t, c.text).Kind; got != c.kind {
			t.Errorf("%q is %q, want %q", c.text, got, c.kind)
		}
	}
}

// A path may contain "#" and ":". Open uses the longest path that exists.
func TestAPathCanContainHashesAndColons(t *testing.T) {
	t.Parallel()
	needs.Name(t, "a:b.tar")
	good, _ := files(t)
	raw := sourcetest.TarBytes(t, good)
	for _, name := range []string{"a#b.tar", "a:b.tar", "v1#2:3"} {
		path := sourcetest.Write(t, name, raw)
		open(t, path)
		open(t, "oci-archive:"+path)
		open(t, path+"#@0")
	}
}
