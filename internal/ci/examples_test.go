package ci

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/ghcr-publish/ghcr-publish/internal/input"
)

var (
	fence = regexp.MustCompile("(?ms)^```ya?ml\n(.*?)^```$")
	// otherSystem matches a YAML block for another CI system.
	otherSystem = regexp.MustCompile("(?ms)^<!-- not a workflow: [^\n]+ -->\n```ya?ml\n.*?^```$")
)

// examples returns the YAML blocks of a document, except blocks for other CI systems.
func examples(page string) []string {
	var out []string
	for _, found := range fence.FindAllStringSubmatch(otherSystem.ReplaceAllString(page, ""), -1) {
		out = append(out, found[1])
	}
	return out
}

// The integration tests also run actionlint on the examples.
func TestExamplesUseInputsOfTheirCommand(t *testing.T) {
	t.Parallel()
	steps := 0
	for _, page := range pages(t) {
		for _, example := range examples(read(t, page)) {
			var doc yaml.Node
			if err := yaml.Unmarshal([]byte(example), &doc); err != nil {
				t.Errorf("%s: an example is not YAML: %v\n%s", page, err, example)
				continue
			}
			for _, with := range uses(&doc) {
				steps++
				for _, problem := range wrongInputs(with) {
					t.Errorf("%s: %s in an example:\n%s", page, problem, example)
				}
			}
		}
	}
	if steps < 20 {
		t.Errorf("the examples have only %d steps of the action", steps)
	}
}

// uses returns the inputs of each step that uses this action.
func uses(n *yaml.Node) []map[string]string {
	var out []map[string]string
	var step struct {
		Uses string
		With map[string]string
	}
	if n.Kind == yaml.MappingNode && n.Decode(&step) == nil && strings.HasPrefix(step.Uses, "ghcr-publish/ghcr-publish@") {
		out = append(out, step.With)
	}
	for _, child := range n.Content {
		out = append(out, uses(child)...)
	}
	return out
}

// wrongInputs describes inputs that do not exist, that the command does not accept, or
// that have a value that is not allowed.
func wrongInputs(with map[string]string) []string {
	command := input.Publish
	if with["command"] != "" {
		command = input.Command(with["command"])
	}
	var out []string
	for name, value := range with {
		in, ok := input.Find(name)
		switch values := in.ValuesFor(command); {
		case !ok:
			out = append(out, "there is no input "+name)
		case name != "command" && !slices.Contains(in.Commands, command):
			out = append(out, "the input "+name+" is not an input of "+string(command))
		case len(values) > 0 && !slices.Contains(values, value) && !strings.Contains(value, "${{"):
			out = append(out, name+": "+value+" is not allowed")
		}
	}
	slices.Sort(out)
	return out
}

func TestWrongInputsOfExamplesAreFound(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name string
		with map[string]string
		want []string
	}{
		{"right", map[string]string{"source": "image.tar", "visibility": "${{ inputs.visibility }}"}, nil},
		{"unknown", map[string]string{"tag": "1"}, []string{"there is no input tag"}},
		{"of another command", map[string]string{"command": "pull", "tags": "1"}, []string{"the input tags is not an input of pull"}},
		{"value", map[string]string{"visibility": "secret"}, []string{"visibility: secret is not allowed"}},
	}
	for _, c := range cases {
		if got := wrongInputs(c.with); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}
