//go:build integration

package ci

import (
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
)

// Only maintainers start live.yml on GitHub. The test runs the steps of live.yml with the
// embedded registry instead of ghcr.io. The workflow compares the answers of this
// registry with the answers of the model. All these answers must be equal.
func TestLiveUnderAct(t *testing.T) {
	t.Parallel()
	tool(t, "act")
	tool(t, "node")
	s := ghcrtest.Start(t, ghcrtest.Config{Open: &ghcrtest.Open{Token: "ghs_live", Repository: "e2e/image"}})
	log, err := newActProject(t).act("workflow_dispatch", "live.yml", "--var", "LIVE_LIFETIME=0s", "-s", "GITHUB_TOKEN="+s.Token(),
		"--env", "GITHUB_SERVER_URL="+s.URL(), "--env", "GITHUB_API_URL="+s.URL()+"/api/v3")
	if err != nil {
		t.Fatalf("act: %v\n%s", err, log)
	}
	rows := 0
	for line := range strings.Lines(log) {
		_, row, found := strings.Cut(line, "  | | ")
		if !found {
			continue
		}
		rows++
		// Only the times and the address of the registry may differ.
		if strings.Contains(row, "**") && !strings.Contains(row, "| after |") {
			t.Errorf("two answers of the embedded registry differ: %s", row)
		}
	}
	if rows < 40 {
		t.Errorf("the comparison has only %d rows\n%s", rows, log)
	}
}
