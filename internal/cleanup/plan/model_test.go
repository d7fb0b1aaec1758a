package plan_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/ci/needs"
	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest/random"
)

func TestPlannerAgreesWithTheReferenceModel(t *testing.T) {
	t.Parallel()
	python, model := needs.Model(t, "cleanup-model.py")
	const packages = random.Packages / 2 * 5 // 5,000 with the build tag integration
	var cases []ghcrtest.Seed
	for number := range uint64(packages) {
		s := random.Scenario(number)
		s.Expected = open(&s).run()
		cases = append(cases, s)
	}
	body, err := json.Marshal(map[string]any{"cases": cases})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "cases.json")
	if err := os.WriteFile(file, body, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(python, model, file).CombinedOutput(); err != nil {
		t.Errorf("the model disagrees: %v\n%.8000s", err, out)
	}
}
