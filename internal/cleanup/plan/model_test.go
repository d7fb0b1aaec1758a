package plan_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/ci/needs"
)

// modelCase is a scenario whose expected outcome has the form that the model compares.
type modelCase struct {
	scenario

	Expected map[string]any `json:"expected"`
}

func (o outcome) forModel() map[string]any {
	out := map[string]any{"kept": o.Kept, "deleted": o.Deleted, "detached": o.Detached, "left": o.Left, "freed": o.Freed, "error": nil}
	if o.Error != "" {
		out["error"] = o.Error
	}
	if o.Would != nil {
		out["would"] = o.Would
	}
	return out
}

func TestPlannerAgreesWithTheReferenceModel(t *testing.T) {
	t.Parallel()
	python, model := needs.Model(t, "cleanup-model.py")
	const packages = 5000
	var cases []modelCase
	for seed := range uint64(packages) {
		s := generate(seed)
		cases = append(cases, modelCase{s, s.run().forModel()})
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
