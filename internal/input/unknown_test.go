package input_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/input"
)

// unknown parses a step with one more input and returns the errors and the notices
// with the code for unknown inputs.
func unknown(t *testing.T, variable string) (failures []*diag.Error, notices []diag.Notice) {
	t.Helper()
	env := workflow()
	env.Environ = []string{"PATH=/bin", "INPUT_SOURCE=image.tar", variable}
	config, err := input.ParsePublish(env)
	for _, e := range diag.All(err) {
		if e.Code != input.CodeUnknown {
			t.Errorf("an error has the code %s", e.Code)
		}
		failures = append(failures, e)
	}
	for _, n := range config.Notices {
		if n.Code == input.CodeUnknown {
			notices = append(notices, n)
		}
	}
	return failures, notices
}

func TestUnknownInputs(t *testing.T) {
	t.Parallel()
	cases := []struct {
		variable string
		fails    bool   // false for a warning
		words    string // of the hint or of the text
	}{
		{"INPUT_TAG=1", true, "Did you mean tags?"},
		{"INPUT_SORCE=x", true, "Did you mean source?"},
		{"INPUT_IMAGE-NAME=x", true, "Did you mean image?"},
		{"INPUT_PUSH_BY_DIGEST=true", true, "Did you mean push-by-digest?"},
		{"INPUT_GITHUB-TOKEN=x", true, "Did you mean token?"},
		{"INPUT_OUTPUTS=type=oci", true, "push-by-digest: true"},
		{"INPUT_DOCKERFILE=x", true, "Set the input file"},
		{"INPUT_LOAD=true", false, "command: pull"},
		{"INPUT_PROVENANCE=false", false, "attestations: strip"},
		{"INPUT_PASSWORD=hunter2", false, "GITHUB_TOKEN"},
		{"INPUT_COLOUR=blue", false, "docs/inputs.md"},
	}
	for _, c := range cases {
		t.Run(c.variable, func(t *testing.T) {
			t.Parallel()
			failures, notices := unknown(t, c.variable)
			var text string
			switch {
			case c.fails && len(failures) == 1 && len(notices) == 0:
				text = failures[0].Hint
			case !c.fails && len(failures) == 0 && len(notices) == 1 && notices[0].Level == diag.Warning:
				text = notices[0].Text
			default:
				t.Fatalf("errors %v, notices %v", failures, notices)
			}
			if !strings.Contains(text, c.words) {
				t.Errorf("the text %q does not contain %q", text, c.words)
			}
		})
	}
}

// A command that does not push publishes nothing else without such an input.
func TestInputsOfOtherActionsAreWarningsIfNothingIsPushed(t *testing.T) {
	t.Parallel()
	env := workflow("INPUT_SOURCE", "ghcr.io/acme/web")
	env.Environ = []string{"INPUT_OUTPUTS=type=oci"}
	config, err := input.ParseInspect(env)
	if err != nil || len(config.Notices) != 1 || config.Notices[0].Code != input.CodeUnknown {
		t.Errorf("error %v, notices %v", err, config.Notices)
	}
}

func TestInputOfAnotherCommandGetsASuggestion(t *testing.T) {
	t.Parallel()
	_, err := input.ParsePublish(workflow("INPUT_IMAGES", "ghcr.io/acme/web"))
	if !diag.Is(err, input.CodeNotAccepted) || !strings.Contains(err.Error(), "Did you mean image?") {
		t.Errorf("got %v", err)
	}
}

func TestKnownAndEmptyInputsAreNotUnknown(t *testing.T) {
	t.Parallel()
	for _, variable := range []string{"INPUT_TAGS=1", "INPUT_TAG=", "INPUT_TAG= ", "INPUT_=x", "TAG=1", "MY_INPUT_TAG=1", "INPUT_TAG"} {
		if failures, notices := unknown(t, variable); len(failures)+len(notices) > 0 {
			t.Errorf("%s: errors %v, notices %v", variable, failures, notices)
		}
	}
}

// An input that gets an own advice must not exist, because the advice would never
// be shown.
func TestInputsWithAdviceDoNotExist(t *testing.T) {
	t.Parallel()
	for _, name := range input.HabitNames() {
		if slices.ContainsFunc(input.Table(), func(in input.Input) bool { return in.Name == name }) {
			t.Errorf("the table contains %s", name)
		}
	}
}

// An advice of one command would never be shown if the command had an input with this
// name.
func TestInputsWithAdviceOfACommandAreNotInputsOfTheCommand(t *testing.T) {
	t.Parallel()
	for c, names := range input.CommandHabitNames() {
		for _, name := range names {
			if _, known := input.Find(name); known {
				t.Errorf("the table contains %s, for which %s has an advice", name, c)
			}
		}
	}
}
