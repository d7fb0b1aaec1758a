//go:build integration

package ci

import (
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
)

// Only maintainers start live.yml. The test runs its steps with the embedded registry
// in the place of ghcr.io. All answers of both must be equal.
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
		// Only the times and the address of the registry can differ.
		if strings.Contains(row, "**") && !strings.Contains(row, "| after |") {
			t.Errorf("two answers of the embedded registry differ: %s", row)
		}
	}
	if rows < 40 {
		t.Errorf("got a comparison of %d rows\n%s", rows, log)
	}
}
