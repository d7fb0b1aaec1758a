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
	for _, in := range input.Table() {
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
	for _, in := range input.Table() {
		if n := len([]rune(in.ActionHelp())); n > 200 {
			t.Errorf("the description of %q in action.yml has %d characters, want at most 200", in.Name, n)
		}
		if in.Short != "" && in.Own == nil && len([]rune(in.Short)) >= len([]rune(in.Help)) {
			t.Errorf("the short description of %q is not shorter than its help", in.Name)
		}
	}
}

// The help of a command shows an input once, under the heading of its group.
func TestEachInputIsInExactlyOneGroup(t *testing.T) {
	t.Parallel()
	for _, in := range input.Table() {
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
