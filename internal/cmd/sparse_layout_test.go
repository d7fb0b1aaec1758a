package cmd_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

// manifestOf returns the manifest of an image in a layout.
func manifestOf(t *testing.T, l *sourcetest.Layout, d v1.Descriptor) v1.Manifest {
	t.Helper()
	var m v1.Manifest
	for _, f := range l.Files() {
		if f.Name == sourcetest.BlobName(d.Digest) {
			if err := json.Unmarshal(f.Body, &m); err != nil {
				t.Fatal(err)
			}
		}
	}
	return m
}

// sparse returns a layout without one layer, and the digest of the layer.
func sparse(t *testing.T, l *sourcetest.Layout, d v1.Descriptor) (string, v1.Hash) {
	t.Helper()
	m := manifestOf(t, l, d)
	l.Add(d)
	return sourcetest.Dir(t, sourcetest.Without(l.Files(), sourcetest.BlobName(m.Layers[0].Digest))), m.Layers[0].Digest
}

func TestSparseLayoutUsesTheLayersOfTheRegistry(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme())
	base := sourcetest.NewLayout(t)
	base.Add(base.Image(sourcetest.AMD64, "base"))
	l := sourcetest.NewLayout(t)
	source, layer := sparse(t, l, l.Image(sourcetest.AMD64, "base", "app"))

	s.with("source", source, "tags", "app").run().wroteNothing().failsWith("source-blob-missing", layer.String(), s.image("acme/web"))

	s.with("source", sourcetest.Dir(t, base.Files()), "tags", "base").run().succeeds()
	r := s.with("source", source, "tags", "app").run().succeeds()
	if s.server.Tag("acme/web", "app") != r.outputs["digest"] || !strings.Contains(r.stdout, "1 already there") && !strings.Contains(r.stdout, "1 present") && !strings.Contains(r.stdout, "1 already") {
		r.fatal("the layer is not counted as present")
	}
	s.with("image", s.image("acme/web")+"\n"+s.image("acme/copy"), "tags", "both").run().succeeds()
	s.with("command", "pull", "source", s.image("acme/copy")+":both", "verify-only", "true", "tags", "", "image", "").run().succeeds()
}

// The label of the config is sufficient, because many builders write no annotation. The
// run sends no request to a registry that no destination uses.
func TestSparseLayoutUsesTheLayersOfItsBaseImage(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name              string
		annotation, label string // repositories in the registry, or a name with another registry
		found             bool
		reads             int // requests for layers of a base image
	}{
		{"neither the annotation nor the label", "", "", false, 0},
		{"the annotation", "acme/base", "", true, 1},
		{"the label", "", "acme/base", true, 1},
		{"the label of the base image in the label", "acme/base", "acme/other", true, 1},
		{"the annotation of another image", "acme/other", "acme/base", true, 2},
		{"twice the same image", "acme/other", "acme/other", false, 1},
		{"another registry", "", "registry.example/acme/base:1", false, 0},
		{"an invalid name", "", "???", false, 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, acme())
			base := sourcetest.NewLayout(t)
			base.Add(base.Image(sourcetest.AMD64, "base"))
			s.with("source", sourcetest.Dir(t, base.Files()), "image", s.image("acme/base"), "tags", "1").run().succeeds()
			s.with("source", sourcetest.Dir(t, base.Files()), "image", s.image("acme/other"), "tags", "1").run().succeeds()

			named := func(text string) map[string]string {
				if strings.HasPrefix(text, "acme/") {
					text = s.image(text) + ":1"
				}
				return map[string]string{"org.opencontainers.image.base.name": text}
			}
			l := sourcetest.NewLayout(t)
			m := manifestOf(t, l, l.Configured(sourcetest.AMD64, v1.Config{Labels: named(c.label)}, "base", "app"))
			m.Annotations = named(c.annotation)
			source, layer := sparse(t, l, l.JSON(m.MediaType, m))
			if c.annotation == "acme/other" || c.label == "acme/other" {
				s.server.Inject(ghcrtest.Fault{Path: "/v2/acme/other/blobs/" + layer.String(), Times: ghcrtest.Always, Effect: ghcrtest.Answer{Status: http.StatusNotFound}})
			}
			s.server.Reset()
			r := s.with("source", source, "image", s.image("acme/web"), "tags", "app").run()
			reads := 0
			for _, q := range s.server.Requests() {
				if q.Method == http.MethodHead && (strings.HasPrefix(q.Path, "/v2/acme/base/blobs/") || strings.HasPrefix(q.Path, "/v2/acme/other/blobs/")) {
					reads++
				}
			}
			if c.found {
				r.succeeds()
				s.with("command", "pull", "source", s.image("acme/web")+":app", "verify-only", "true", "tags", "", "image", "").run().succeeds()
			} else {
				r.wroteNothing().failsWith("source-blob-missing", layer.String())
			}
			if reads != c.reads {
				t.Errorf("the run asked base images for layers %d times, want %d", reads, c.reads)
			}
		})
	}
}
