package input

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A phrase that no message contains has no effect: the message changed, and a terminal
// then shows words about a workflow.
func TestEachPhraseIsPartOfAMessage(t *testing.T) {
	t.Parallel()
	var sources strings.Builder
	err := filepath.WalkDir("..", func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") || d.Name() == "terminalphrases.go" {
			return err
		}
		raw, err := os.ReadFile(file)
		sources.Write(raw)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(phrases) < 2 || len(phrases)%2 != 0 {
		t.Fatalf("%d texts are not pairs", len(phrases))
	}
	for i := 0; i < len(phrases); i += 2 {
		if !strings.Contains(sources.String(), phrases[i]) {
			t.Errorf("no message contains %q", phrases[i])
		}
	}
}
