package cmd_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

// Go programs read another image from these documents than other programs. The same
// documents are refused as sources of a publish.
func TestAmbiguousDocumentsOfARegistryAreRefused(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme())
	s.server.AddPackage(ghcrtest.Package{Name: "acme/web", Visibility: ghcrtest.Public, Repository: "acme/web"})
	l := sourcetest.NewLayout(t)
	image := sourcetest.On(l.Image(sourcetest.AMD64, "x"), sourcetest.AMD64)
	layer := l.Blob(types.OCILayer, sourcetest.Gzip(sourcetest.LayerTar(t, "x")))
	config := sourcetest.Config(t, sourcetest.AMD64, sourcetest.LayerTar(t, "x"))
	twice := l.Blob(types.OCIConfigJSON, []byte(strings.Replace(string(config), "{", `{"os":"windows",`, 1)))
	manifest := func(config v1.Descriptor) string {
		return fmt.Sprintf(`{"schemaVersion":2,"mediaType":%q,"config":{"mediaType":%q,"digest":%q,"size":%d},"layers":[{"mediaType":%q,"digest":%q,"size":%d}]}`,
			types.OCIManifestSchema1, types.OCIConfigJSON, config.Digest, config.Size, types.OCILayer, layer.Digest, layer.Size)
	}
	plain := manifest(l.Blob(types.OCIConfigJSON, config))
	for _, f := range l.Files() {
		if _, err := s.server.AddBlob("acme/web", f.Body); err != nil {
			t.Fatal(err)
		}
		if f.Name == sourcetest.BlobName(image.Digest) {
			s.server.AddManifest("acme/web", "image", string(image.MediaType), f.Body)
		}
	}
	entry := fmt.Sprintf(`[{"mediaType":%q,"digest":%q,"size":%d,"platform":{"os":"linux","architecture":"amd64"}}]`, image.MediaType, image.Digest, image.Size)
	add := func(tag string, t types.MediaType, raw string) {
		s.server.AddManifest("acme/web", tag, string(t), []byte(raw))
	}
	add("manifest", types.OCIManifestSchema1, strings.TrimSuffix(plain, "}")+`,"layers":[]}`)
	add("index", types.OCIImageIndex, fmt.Sprintf(`{"schemaVersion":2,"manifests":[],"manifests":%s}`, entry))
	add("config", types.OCIManifestSchema1, manifest(twice))
	add("plain", types.OCIManifestSchema1, plain)

	cases := []struct {
		name   string
		inputs []string
		tags   []string // the tags whose documents the command reads
	}{
		{"inspect", []string{"command", "inspect"}, []string{"manifest", "index", "config"}},
		{"verify-only", []string{"command", "pull", "verify-only", "true"}, []string{"manifest", "index", "config"}},
		{"archive of one platform", []string{"command", "pull", "destination", "docker-archive:" + t.TempDir() + "/o.tar", "platform", "linux/amd64"}, []string{"manifest", "index", "config"}},
		{"layout", []string{"command", "pull", "destination", "oci:" + t.TempDir()}, []string{"manifest", "index"}}, // The layout keeps the config, and nothing reads the config.
		{"promote", []string{"command", "promote", "tags", "other"}, []string{"manifest", "index"}},
		{"publish", []string{"command", "publish", "tags", "other"}, []string{"manifest", "index"}},
	}
	for _, c := range cases {
		for _, tag := range append(c.tags, "plain") {
			source := s.image("acme/web") + ":" + tag
			if c.name == "publish" {
				source = "docker://" + source
			}
			step := *s
			step.t, step.env = t, maps.Clone(s.env)
			r := step.with("tags", "").with(append(c.inputs, "source", source)...).run()
			if tag == "plain" {
				r.succeeds()
				continue
			}
			r.failsWith("image-json-ambiguous", "twice")
		}
	}
}
