package files

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/google/go-containerregistry/pkg/v1/types"
	"go.yaml.in/yaml/v3"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/input"
)

// Media types of Helm charts (Helm, "Use OCI-based registries").
const (
	helmConfig                 = "application/vnd.cncf.helm.config.v1+json"
	helmChart  types.MediaType = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
)

// Bounds of looking for a chart's metadata.
const (
	maxMetadata  = 1 << 20   // bytes of Chart.yaml
	maxUnpacked  = 256 << 20 // bytes of the archive before it
	metadataName = "Chart.yaml"
)

// chart is a packed Helm chart as helm push makes it: metadata as config, the
// archive as the only layer. As there, the config's media type says what it is.
func chart(ctx context.Context, files []input.ArtifactFile, doc *artifactManifest) ([]*image.Blob, error) {
	if len(files) != 1 {
		return nil, problem(CodeTooMany, "Publish one chart a step, as helm package wrote it.", nil, "a Helm chart is one .tgz, and content has %d files", len(files))
	}
	at := files[0].Path
	metadata, err := chartMetadata(at)
	if err != nil {
		return nil, err
	}
	raw, err := json.Marshal(metadata)
	if err != nil {
		return nil, notChart(at, err)
	}
	config, err := inMemory(helmConfig, raw)
	if err != nil {
		return nil, err
	}
	layer, err := file(ctx, at, helmChart)
	if err != nil {
		return nil, err
	}
	doc.ArtifactType, doc.Annotations = "", map[string]string{}
	for key, annotation := range map[string]string{"name": title, "version": "org.opencontainers.image.version", "description": "org.opencontainers.image.description"} {
		if text, ok := metadata[key].(string); ok && text != "" {
			doc.Annotations[annotation] = text
		}
	}
	return []*image.Blob{config, layer}, nil
}

func notChart(at string, err error) error {
	return problem(CodeUnreadable, "Write it with helm package.", err, "%q is no packed Helm chart", at)
}

// chartMetadata finds Chart.yaml in the chart's folder.
func chartMetadata(at string) (map[string]any, error) {
	in, err := openPlain(at)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	z, err := gzip.NewReader(in)
	if err != nil {
		return nil, notChart(at, err)
	}
	unpacked := &io.LimitedReader{R: z, N: maxUnpacked}
	for r := tar.NewReader(unpacked); ; {
		h, err := r.Next()
		if err != nil {
			return nil, notChart(at, fmt.Errorf("finding NAME/%s: %w", metadataName, noEOF(err)))
		}
		name := path.Clean(h.Name)
		if h.Typeflag != tar.TypeReg || path.Base(name) != metadataName || strings.Count(name, "/") != 1 {
			continue
		}
		metadata, err := parseMetadata(r)
		if err != nil {
			return nil, notChart(at, err)
		}
		return metadata, nil
	}
}

// noEOF says what the end of an archive means to who looks for a file.
func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return errors.New("it is not in the archive")
	}
	return err
}

func parseMetadata(r io.Reader) (map[string]any, error) {
	raw, err := io.ReadAll(io.LimitReader(r, maxMetadata+1))
	if err != nil {
		return nil, err
	}
	if len(raw) > maxMetadata {
		return nil, fmt.Errorf("its %s has more than %d bytes", metadataName, maxMetadata)
	}
	out := map[string]any{}
	if err := yaml.NewDecoder(bytes.NewReader(raw)).Decode(&out); err != nil {
		return nil, fmt.Errorf("reading its %s: %w", metadataName, err)
	}
	for _, key := range []string{"name", "version"} {
		if text, ok := out[key].(string); !ok || text == "" {
			return nil, fmt.Errorf("its %s has no %s", metadataName, key)
		}
	}
	return out, nil
}
