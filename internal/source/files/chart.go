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
	"github.com/ghcr-publish/ghcr-publish/internal/image/document"
	"github.com/ghcr-publish/ghcr-publish/internal/input"
)

// These constants are the media types of Helm charts (Helm, "Use OCI-based registries").
const (
	helmConfig                 = "application/vnd.cncf.helm.config.v1+json"
	helmChart  types.MediaType = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
)

// These constants are the name of the metadata file in a chart, and the limits of the
// search for this file.
const (
	maxMetadata  = 1 << 20   // the maximum size of Chart.yaml in bytes
	maxUnpacked  = 256 << 20 // the maximum number of bytes in the uncompressed archive before Chart.yaml
	metadataName = "Chart.yaml"
)

// ChartVersion returns the version in the Chart.yaml of a packed Helm chart.
// For an artifact that is not a Helm chart, ChartVersion returns "".
func ChartVersion(a *input.Artifact) (string, error) {
	if a.Type != helmConfig || len(a.Files) != 1 {
		return "", nil // For a chart with several files, OpenArtifact returns an error.
	}
	metadata, err := chartMetadata(a.Files[0].Path)
	if err != nil {
		return "", err
	}
	version, _ := metadata["version"].(string)
	return version, nil
}

// chart returns the blobs of a packed Helm chart in the format of the command helm push.
// The config contains the metadata, and the archive is the only layer. chart removes the
// artifact type, because the command helm push also writes no artifact type. The media
// type of the config identifies a chart.
func chart(ctx context.Context, files []input.ArtifactFile, doc *document.Manifest) ([]*image.Blob, error) {
	if len(files) != 1 {
		return nil, contentError(CodeTooMany, "Publish each chart in a separate step, and set the input content to one file that helm package wrote.", nil, "a Helm chart is one .tgz file, but the input content has %d files", len(files))
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
	return contentError(CodeUnreadable, "Pack the chart with helm package, and set the input content to the file that helm package writes.", err, "%q is not a packed Helm chart", at)
}

// chartMetadata returns the content of the file Chart.yaml in the archive of
// a chart.
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
			return nil, notChart(at, fmt.Errorf("finding NAME/%s: %w", metadataName, explainEOF(err)))
		}
		name := path.Clean(h.Name)
		if h.Typeflag != tar.TypeReg || path.Base(name) != metadataName || strings.Count(name, "/") != 1 {
			continue
		}
		metadata, err := parseMetadata(r)
		if err != nil {
			return nil, notChart(at, err)
		}
		return metadata, checkChart(at, metadata)
	}
}

// explainEOF replaces io.EOF by the error "the archive does not contain the
// file".
func explainEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return errors.New("the archive does not contain the file")
	}
	return err
}

func parseMetadata(r io.Reader) (map[string]any, error) {
	raw, err := io.ReadAll(io.LimitReader(r, maxMetadata+1))
	if err != nil {
		return nil, err
	}
	if len(raw) > maxMetadata {
		return nil, fmt.Errorf("the file %s has more than %d bytes", metadataName, maxMetadata)
	}
	out := map[string]any{}
	if err := yaml.NewDecoder(bytes.NewReader(raw)).Decode(&out); err != nil {
		return nil, fmt.Errorf("reading %s: %w", metadataName, err)
	}
	return out, nil
}
