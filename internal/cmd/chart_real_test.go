//go:build integration

package cmd_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// helm finds a chart only by the tag that helm push would have written.
func TestRealHelmPullsAChartByItsVersion(t *testing.T) {
	t.Parallel()
	tool := built(t, "GHCR_PUBLISH_JUDGES", "helm")
	for _, version := range []string{"1.2.3", "0.1.0+meta", "0.1.0-rc.1+build.7", "v1.2.3", "1.2"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, acme())
			chart := s.packed("web/Chart.yaml", "apiVersion: v2\nname: web\nversion: \""+version+"\"\n")
			s.with("content", chart, "artifact-type", helm).run().succeeds()
			dir := t.TempDir()
			c := exec.CommandContext(t.Context(), tool, "pull", "oci://"+s.image("acme/web"), "--version", version, "--plain-http")
			c.Dir, c.Env = dir, append(os.Environ(), "HOME="+dir)
			if out, err := c.CombinedOutput(); err != nil {
				t.Fatalf("helm pull: %v\n%s", err, out)
			}
			if _, err := os.Stat(filepath.Join(dir, "web-"+version+".tgz")); err != nil {
				t.Error(err)
			}
		})
	}
}
