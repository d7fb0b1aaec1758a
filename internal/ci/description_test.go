package ci

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// The runner refuses an action whose descriptions contain an expression. actionlint
// does not report this. An editor shows a description in a small box.
func TestDescriptionsOfActionsAreShortAndContainNoExpression(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(root(t), ".github", "actions", "*", "action.yml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no actions: %v", err)
	}
	for _, file := range append(files, filepath.Join(root(t), "action.yml")) {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		type described struct{ Description, DeprecationMessage string }
		var action struct {
			Name, Description string
			Inputs, Outputs   map[string]described
		}
		if err := yaml.Unmarshal(raw, &action); err != nil || len(action.Inputs) == 0 {
			t.Fatalf("%s: %d inputs, %v", file, len(action.Inputs), err)
		}
		texts := map[string]string{"name": action.Name, "description": action.Description}
		for name, in := range action.Inputs {
			texts["input "+name] = in.Description + in.DeprecationMessage
		}
		for name, out := range action.Outputs {
			texts["output "+name] = out.Description
		}
		for where, text := range texts {
			if strings.Contains(text, "${{") {
				t.Errorf("%s: the text of %s contains an expression: %s", file, where, text)
			}
			if n := utf8.RuneCountInString(text); n > 200 {
				t.Errorf("%s: the text of %s has %d characters, want at most 200", file, where, n)
			}
		}
	}
}
