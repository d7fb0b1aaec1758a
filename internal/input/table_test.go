package input_test

import (
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/input"
)

// A description is shown in a narrow column of an editor or a terminal. Details
// belong in the documents.
func TestDescriptionsAreShortSentences(t *testing.T) {
	t.Parallel()
	for _, in := range input.Table {
		texts := map[string]string{"help": in.Help, "text in action.yml": in.ActionHelp()}
		for command, own := range in.Own {
			texts["help of "+string(command)] = own
		}
		for kind, text := range texts {
			if n := len([]rune(text)); n >= 300 {
				t.Errorf("the %s of %q has %d characters, want under 300", kind, in.Name, n)
			}
			if !strings.HasSuffix(text, ".") || strings.HasPrefix(text, "With") {
				t.Errorf("the %s of %q does not start with a noun or a verb, or does not end with a full stop: %q", kind, in.Name, text)
			}
		}
		if !in.NoFlag && in.Default != "" && strings.Contains(in.Help+in.Short, "Default: "+in.Default) {
			t.Errorf("the description of %q repeats the default of the table", in.Name)
		}
	}
}

// An editor shows the description of an input of an action in one small box.
func TestDescriptionsInTheActionHaveAtMost200Characters(t *testing.T) {
	t.Parallel()
	for _, in := range input.Table {
		if n := len([]rune(in.ActionHelp())); n > 200 {
			t.Errorf("the description of %q in action.yml has %d characters, want at most 200", in.Name, n)
		}
		if in.Short != "" && in.Own == nil && len([]rune(in.Short)) >= len([]rune(in.Help)) {
			t.Errorf("the short description of %q is not shorter than its help", in.Name)
		}
	}
}
