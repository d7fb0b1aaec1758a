package cmd_test

import (
	"encoding/pem"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

// windowsImage writes an OCI layout of a Windows image. A web server has the first layer.
// If whole is true, the layout also contains it.
func windowsImage(t *testing.T, answer []byte, whole bool) (path, caFile string, base, root v1.Descriptor) {
	t.Helper()
	layer := sourcetest.Gzip(sourcetest.LayerTar(t, "windows"))
	if answer == nil {
		answer = layer
	}
	web := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			t.Error("the server of the layer received credentials")
		}
		_, _ = w.Write(answer)
	}))
	web.Config.ErrorLog = log.New(io.Discard, "", 0)
	web.StartTLS()
	t.Cleanup(web.Close)
	caFile = filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(caFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: web.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	l := sourcetest.NewLayout(t)
	base = l.Blob(types.DockerForeignLayer, layer)
	base.URLs = []string{web.URL + "/layer"}
	own := sourcetest.LayerTar(t, "own")
	root = l.JSON(types.OCIManifestSchema1, v1.Manifest{
		SchemaVersion: 2, MediaType: types.OCIManifestSchema1,
		Config: l.Blob(types.OCIConfigJSON, sourcetest.Config(t, &v1.Platform{OS: "windows", Architecture: "amd64", OSVersion: "10.0.20348.1"}, layer, own)),
		Layers: []v1.Descriptor{base, l.Blob(types.OCIUncompressedLayer, own)},
	})
	l.Add(root)
	path = sourcetest.Dir(t, l.Files())
	if !whole {
		if err := os.Remove(filepath.Join(path, sourcetest.BlobName(base.Digest))); err != nil {
			t.Fatal(err)
		}
	}
	return path, caFile, base, root
}

func TestForeignLayersAreKeptOrPushed(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, choice  string
		whole, pushed bool // whole: the source contains the layer; pushed: the registry has it afterwards
	}{
		{"kept by default", "", false, false},
		{"not pushed although the source contains it", "keep", true, false},
		{"fetched and pushed", "push", false, true},
		{"pushed from the source", "push", true, true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, acme())
			path, ca, base, root := windowsImage(t, nil, c.whole)
			s.with("source", path, "foreign-layers", c.choice, "ca-file", ca, "tags", "1").run().succeeds().hasOutputs("digest", root.Digest.String())
			if _, err := s.server.Blob("acme/web", base.Digest.String()); (err == nil) != c.pushed {
				t.Errorf("reading the layer: %v; want it pushed: %t", err, c.pushed)
			}
			s.run().succeeds().wroteNothing().hasOutputs("outcome", "unchanged")
		})
	}
}

// A later run pushes the foreign layers of an image that was published without them.
func TestForeignLayersCanBePushedLater(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme())
	path, ca, base, root := windowsImage(t, nil, false)
	s.with("source", path, "tags", "1", "ca-file", ca).run().succeeds()
	s.with("source", "docker://"+s.image("acme/web:1"), "foreign-layers", "push").run().succeeds().hasOutputs("digest", root.Digest.String())
	if _, err := s.server.Blob("acme/web", base.Digest.String()); err != nil {
		t.Errorf("the registry does not have the layer: %v", err)
	}
}

func TestForeignLayerWithOtherContentIsAnError(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme())
	path, ca, base, _ := windowsImage(t, []byte("other"), false)
	s.with("source", path, "tags", "1", "foreign-layers", "push", "ca-file", ca).run().failsWith("source-blob-wrong", base.Digest.String())
	if got := s.server.Tag("acme/web", "1"); got != "" {
		t.Errorf("the tag points at %s", got)
	}
	s.with("ca-file", "").run().failsWith("foreign-layer", "foreign-layers: keep") // the certificate of the server is not trusted
}
