package input_test

import (
	"slices"
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

// The help of a command shows an input once, under the heading of its group.
func TestEachInputIsInExactlyOneGroup(t *testing.T) {
	t.Parallel()
	for _, in := range input.Table {
		if !slices.Contains(input.Groups, in.Group) {
			t.Errorf("the group of %q is %q, want one of %q", in.Name, in.Group, input.Groups)
		}
		for _, c := range in.Commands {
			var groups []input.Group
			for _, g := range input.Groups {
				if slices.ContainsFunc(input.InGroup(c, g), func(other input.Input) bool { return other.Name == in.Name }) {
					groups = append(groups, g)
				}
			}
			if len(groups) != 1 {
				t.Errorf("%s lists the input %q in the groups %q, want one group", c, in.Name, groups)
			}
		}
	}
}

func TestMainInputsAreAtMostTenInputsOfTheCommand(t *testing.T) {
	t.Parallel()
	command, _ := input.Find("command")
	for _, c := range command.Values {
		main := input.Main(input.Command(c))
		if len(main) == 0 || len(main) > 10 {
			t.Errorf("%s has %d main inputs, want 1 to 10", c, len(main))
		}
		for _, in := range main {
			if !slices.Contains(in.Commands, input.Command(c)) {
				t.Errorf("%s has no input %q", c, in.Name)
			}
		}
	}
}
