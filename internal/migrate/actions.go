package migrate

import (
	_ "embed"
	"slices"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/flow"
)

//go:embed actions.txt
var actionList string

// action is a line of actions.txt; the zero action is one that is not listed.
type action struct {
	listed, push bool
	scopes       string
}

var known = parseActions(actionList)

func parseActions(list string) map[string]action {
	out := map[string]action{}
	for line := range strings.Lines(list) {
		fields := strings.Fields(line)
		if len(fields) == 0 || fields[0] == "#" {
			continue
		}
		rest := fields[1:]
		push := slices.Contains(rest, "push")
		rest = slices.DeleteFunc(rest, func(s string) bool { return s == "push" })
		out[fields[0]] = action{listed: true, push: push, scopes: strings.Join(rest, " ")}
	}
	return out
}

// actionName is what a step uses, in lower case and without the version; ""
// for a script.
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
