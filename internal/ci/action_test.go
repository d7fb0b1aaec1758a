package ci

import (
	"os"
	"path/filepath"
	"testing"

	"go.yaml.in/yaml/v3"
)

// The runner starts what action.yml names, for the main step and, whatever
// became of it, for the post step.
func TestActionStartsTheLauncher(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(filepath.Join(top, "action.yml"))
	if err != nil {
		t.Fatal(err)
	}
	var action struct {
		Runs map[string]string
	}
	if err := yaml.Unmarshal(raw, &action); err != nil {
		t.Fatal(err)
	}
	const launcher = "internal/launch/launch.cjs"
	for key, want := range map[string]string{"using": "node24", "main": launcher, "post": launcher, "post-if": "always()"} {
		if got := action.Runs[key]; got != want {
			t.Errorf("runs.%s: got %q, want %q", key, got, want)
		}
	}
	if _, err := os.Stat(filepath.Join(top, filepath.FromSlash(launcher))); err != nil {
		t.Error(err)
	}
}
