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
		help := in.HelpForAll()
		if n := len([]rune(help)); n >= 300 {
			t.Errorf("the description of %q has %d characters, want under 300", in.Name, n)
		}
		if !strings.HasSuffix(help, ".") || strings.HasPrefix(help, "With") {
			t.Errorf("the description of %q does not start with a noun or a verb, or does not end with a full stop: %q", in.Name, help)
		}
		if !in.NoFlag && in.Default != "" && strings.Contains(help, "Default: "+in.Default) {
			t.Errorf("the description of %q repeats the default of the table", in.Name)
		}
	}
}
