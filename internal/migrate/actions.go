package migrate

import (
	_ "embed"
	"slices"
	"strings"

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
}

var knownActions = parseActions(actionList)

func parseActions(list string) map[string]action {
	out := map[string]action{}
	for line := range strings.Lines(list) {
		fields := strings.Fields(line)
		if len(fields) == 0 || fields[0] == "#" {
			continue
		}
		rest := fields[1:]
		push, runs := slices.Contains(rest, "push"), slices.Contains(rest, "runs")
		rest = slices.DeleteFunc(rest, func(s string) bool { return s == "push" || s == "runs" })
		out[fields[0]] = action{listed: true, push: push, runs: runs, scopes: strings.Join(rest, " ")}
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
