//go:build integration && linux

package cmd_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

// oneLayer is an image of which a test changes the config or the media types.
type oneLayer struct {
	layer, config, manifest types.MediaType
	fields                  string // additional fields of the config
}

// add adds the image to a layout. The text makes the layer unique, because clients do not
// extract a layer again.
func (o oneLayer) add(l *sourcetest.Layout, text string) v1.Descriptor {
	plain := sourcetest.LayerTar(l.Testing(), text)
	id, _, err := v1.SHA256(bytes.NewReader(plain))
	if err != nil {
		l.Testing().Fatal(err)
	}
	config := fmt.Sprintf(`{"os":"linux","architecture":"amd64","rootfs":{"type":"layers","diff_ids":[%q]}%s}`, id, o.fields)
	m := v1.Manifest{SchemaVersion: 2, MediaType: o.manifest, Config: l.Blob(o.config, []byte(config)), Layers: []v1.Descriptor{l.Blob(o.layer, sourcetest.Gzip(plain))}}
	d := l.JSON(o.manifest, m)
	l.Add(d)
	return d
}

// podmanPulls is the command line that pulls a reference into an empty storage of podman.
func podmanPulls(t *testing.T, reference string) []string {
	t.Helper()
	dir, err := os.MkdirTemp("", "p") //nolint:usetesting // podman accepts only a short path
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return []string{"env", "-u", "DOCKER_CONFIG", "-u", "REGISTRY_AUTH_FILE", program(t, "podman", true), "--root", dir + "/root", "--runroot", dir + "/run", "--storage-driver", "vfs", "pull", "--quiet", "--tls-verify=false", reference}
}

// Each row names the words of a client that refuses the image. An image without such words
// is accepted by all clients.
func TestClientsAgreeAboutMediaTypesAndConfigs(t *testing.T) {
	d, ctr := startDockerd(t, installed), startContainerd(t)
	s := newStage(t, acme())
	good := oneLayer{types.OCILayer, types.OCIConfigJSON, types.OCIManifestSchema1, ""}
	layer := func(t types.MediaType) oneLayer { o := good; o.layer = t; return o }
	fields := func(text string) oneLayer { o := good; o.fields = "," + text; return o }
	cases := []struct {
		name                       string
		image                      oneLayer
		code                       string
		docker, containerd, podman string
	}{
		{"an image", good, "", "", "", ""},
		{"an image of Docker", oneLayer{types.DockerLayer, types.DockerConfigJSON, types.DockerManifestSchema2, ""}, "", "", "", ""},
		{"a layer of bytes", layer("application/octet-stream"), "image-layer-type", "", "no processor for media-type", ""},
		{"a point before the compression", layer("application/vnd.oci.image.layer.v1.tar.gzip"), "image-layer-type", "", "no processor for media-type", ""},
		{"another compression", layer("application/vnd.oci.image.layer.v1.tar+bzip2"), "image-layer-type", "", "failed to extract layer", ""},
		{"a WebAssembly layer only", layer("application/vnd.wasm.content.layer.v1+wasm"), "image-layer-type", "unsupported media type", "no processor for media-type", ""},
		{"an OCI layer in an image of Docker", oneLayer{types.OCILayer, types.DockerConfigJSON, types.DockerManifestSchema2, ""}, "image-layer-type", "", "", "unsupported docker v2s2 media type"},
		{"a config of Docker in an OCI image", oneLayer{types.OCILayer, types.DockerConfigJSON, types.OCIManifestSchema1, ""}, "image-config-type", "", "", "unsupported image-specific operation on artifact"},
		{"an environment that is a string", fields(`"config":{"Env":"A=b"}`), "image-config-invalid", "cannot unmarshal string", "cannot unmarshal string", "cannot unmarshal string"},
		{"a history that is an object", fields(`"history":{}`), "image-config-invalid", "cannot unmarshal object", "cannot unmarshal object", "cannot unmarshal object"},
		{"a history with too many steps", fields(`"history":[{},{}]`), "image-config-invalid", "too many non-empty layers in History section", "", ""},
		{"a time that is a word", fields(`"created":"yesterday"`), "image-config-invalid", "parsing time", "parsing time", "parsing time"},
		{"a command that is a string", fields(`"config":{"Cmd":"x"}`), "image-config-invalid", "", "cannot unmarshal string", "cannot unmarshal string"},
		{"a health check that is a string", fields(`"config":{"Healthcheck":"x"}`), "image-config-invalid", "cannot unmarshal string", "", "cannot unmarshal string"},
	}
	for i, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s.t = t
			l := sourcetest.NewLayout(t)
			root := c.image.add(l, c.name)
			s.addLayout(l, root, fmt.Sprint("acme/raw", i), "1")
			raw := s.image(fmt.Sprintf("acme/raw%d:1", i))
			for words, command := range map[string][]string{"docker " + c.docker: d.pulls(raw), "containerd " + c.containerd: pulls(ctr, raw), "podman " + c.podman: podmanPulls(t, raw)} {
				if _, answer, _ := strings.Cut(words, " "); answer != "" {
					s.refuses(answer, command...)
				} else {
					s.accepts(command...)
				}
			}
			s.with("source", sourcetest.Dir(t, l.Files()), "tags", fmt.Sprint("t", i))
			if c.code == "" {
				s.run().succeeds().hasOutputs("digest", root.Digest.String())
				return
			}
			s.run().wroteNothing().failsWith(c.code)
		})
	}
}

// podman and buildah write both formats of archives into a pipe.
func TestImageThatPodmanSavesIntoAPipeIsPublished(t *testing.T) {
	s := newStage(t, acme())
	l := sourcetest.NewLayout(t)
	root := oneLayer{types.OCILayer, types.OCIConfigJSON, types.OCIManifestSchema1, ""}.add(l, "podman")
	s.addLayout(l, root, "acme/saved", "1")
	pull := podmanPulls(t, s.image("acme/saved:1"))
	s.accepts(pull...)
	podman := pull[:len(pull)-4] // without the command pull and its arguments
	for _, format := range []string{"oci-archive", "docker-archive"} {
		file := filepath.Join(t.TempDir(), "image.tar")
		s.accepts(append(slices.Clone(podman), "save", "--quiet", "--format", format, "--output", file, s.image("acme/saved:1"))...)
		raw, err := os.ReadFile(file)
		s.check(err)
		s.with("source", format+":-", "tags", format).stdin = string(raw)
		s.run().succeeds()
		s.accepts(podmanPulls(t, s.image("acme/web:"+format))...)
	}
}
