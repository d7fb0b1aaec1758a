package migrate

import (
	_ "embed"
	"slices"
	"strings"
	"sync"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/flow"
)

//go:embed actions.txt
var actionList string

// action contains the data of one line in actions.txt. The zero value describes
// an action that actions.txt does not list.
type action struct {
	listed, push bool
	runs         bool // The action runs commands that the workflow or the repository contains.
	scopes       string
	// byInput maps an input to the permissions that the action needs if a step sets the
	// input.
	byInput map[string]string
}

// knownActions maps the names of actions to their descriptions.
var knownActions = sync.OnceValue(func() map[string]action { return parseActions(actionList) })

func parseActions(list string) map[string]action {
	out := map[string]action{}
	for line := range strings.Lines(list) {
		fields := strings.Fields(line)
		if len(fields) == 0 || fields[0] == "#" {
			continue
		}
		rest := fields[1:]
		push, runs := slices.Contains(rest, "push"), slices.Contains(rest, "runs")
		a := action{listed: true, push: push, runs: runs, byInput: map[string]string{}}
		rest = slices.DeleteFunc(rest, func(s string) bool {
			input, scope, conditional := strings.Cut(s, "?")
			if conditional {
				a.byInput[input] = scope
			}
			return conditional || s == "push" || s == "runs"
		})
		a.scopes = strings.Join(rest, " ")
		out[fields[0]] = a
	}
	return out
}

// actionName returns the name of the action that a step uses. The name is in
// lower case and has no version. The path of a local action keeps its case. For
// a step with a script, actionName returns "".
func actionName(step *flow.Step) string {
	if step.Uses == nil {
		return ""
	}
	name, _, _ := strings.Cut(flow.Text(step.Uses.Value), "@")
	if strings.HasPrefix(name, "./") || strings.HasPrefix(name, "$/") {
		return name
	}
	return strings.ToLower(name)
}
