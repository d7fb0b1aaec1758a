package files_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/input"
	"github.com/ghcr-publish/ghcr-publish/internal/source/files"
)

// FuzzChart checks that an archive accepted as a chart has a config, and that
// chart never panics.
func FuzzChart(f *testing.F) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	const metadata = "apiVersion: v2\nname: web\nversion: 1.2.3\nx: &a [1, *b]\n"
	_ = w.WriteHeader(&tar.Header{Name: "web/Chart.yaml", Size: int64(len(metadata)), Mode: 0o644})
	_, _ = w.Write([]byte(metadata))
	_, _ = w.Close(), z.Close()
	f.Add(b.Bytes())
	f.Add([]byte("\x1f\x8b"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, raw []byte) {
		path := filepath.Join(t.TempDir(), "chart.tgz")
		check(t, os.WriteFile(path, raw, 0o600))
		src, err := files.OpenArtifact(t.Context(), files.ArtifactOptions{
			Artifact: &input.Artifact{Type: "application/vnd.cncf.helm.config.v1+json", Files: []input.ArtifactFile{{Path: path}}},
		})
		if err != nil {
			if !diag.Is(err, files.CodeUnreadable) && !diag.Is(err, files.CodeChart) {
				t.Errorf("an error without a code: %v", err)
			}
			return
		}
		if notes := src.Root.Blobs; len(notes) != 2 || notes[0].Descriptor.Size < int64(len(`{"name":"a","version":"1"}`)) {
			t.Errorf("the chart is %+v", notes)
		}
	})
}
