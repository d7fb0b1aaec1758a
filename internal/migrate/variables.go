package migrate

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/flow"
	"github.com/ghcr-publish/ghcr-publish/internal/migrate/shell"
	"github.com/ghcr-publish/ghcr-publish/internal/migrate/text"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/lazy"
)

// newVariable is the new name of a variable if the old name suggests a personal
// access token.
const newVariable = "REGISTRY_TOKEN"

// namesPAT matches the name of a variable if the name suggests a personal
// access token.
var namesPAT = lazy.Regexp(`(?i)(^|_)(GH|GITHUB|GHCR|CR)?PAT(_|$)|PERSONAL`)

// assignment matches the beginning of an assignment at the end of a text.
var assignment = lazy.Regexp(`([A-Za-z_][A-Za-z0-9_]*)[ \t]*=[ \t]*["']?(\$\{\{[ \t]*)?$`)

// renameVariables renames the variables of a step whose names suggest a
// personal access token. renameVariables returns a sentence about each of these
// variables, with a leading space.
func (p *pass) renameVariables(l *login, places []place) string {
	sentences := ""
	for _, at := range places {
		name := p.variableAt(l, at)
		if !namesPAT().MatchString(name) {
			continue
		}
		why := p.rename(l, at, name)
		if why == "" {
			sentences += fmt.Sprintf(" The edit renames the variable %s to %s, because the variable no longer contains a personal access token.", name, newVariable)
			continue
		}
		sentences += fmt.Sprintf(" The variable now contains GITHUB_TOKEN, but keeps the name %s, because %s.", name, why)
	}
	return sentences
}

// variableAt returns the name of the variable that a place defines, or "".
func (p *pass) variableAt(l *login, at place) string {
	for _, c := range l.cases {
		for _, s := range c.password {
			if s.place == at && s.via.Context == "env" {
				return s.via.Name
			}
		}
	}
	if l.step != nil && l.step.Run != nil && l.step.Run.Value == at.node {
		if m := assignment().FindStringSubmatch(at.node.Value[:at.from]); m != nil {
			return m[1]
		}
	}
	return ""
}

// rename renames a variable that a step defines. If it is not safe to rename the
// variable, the method "rename" returns the reason.
func (p *pass) rename(l *login, definition place, name string) string {
	if l.step == nil || !contains(l.step.Env, definition.node) || len(p.doc.Aliases[l.step.Env]) > 0 {
		if l.step != nil && l.step.Run != nil && l.step.Run.Value == definition.node {
			return "migrate does not rename the variables of a script"
		}
		return "other steps may read the variable"
	}
	if p.mentions(p.doc.Root, newVariable) > 0 || flow.Get(l.step.Env, newVariable) != nil {
		return "the name " + newVariable + " is in use"
	}
	edits, ok := p.renamingEdits(definition.node, name, l)
	if !ok {
		return "migrate cannot find all uses of the variable"
	}
	for _, edit := range edits {
		if err := p.edits.Add(edit); err != nil {
			return "another edit changes the same text"
		}
	}
	return ""
}

// renamingEdits returns the edits that rename a variable at its definition and at
// each use.
func (p *pass) renamingEdits(definition *yaml.Node, name string, l *login) ([]text.Edit, bool) {
	places := p.usesOf(definition)
	if len(places) != p.mentions(l.step.Node, name) {
		return nil, false
	}
	i := slices.Index(l.step.Env.Content, definition)
	places = append(places, place{node: l.step.Env.Content[i-1], to: len(name)})
	var edits []text.Edit
	for _, at := range places {
		before, _, ok := strings.Cut(at.node.Value[at.from:at.to], name)
		at.from += len(before)
		at.to = at.from + len(name)
		start, end, found := p.span(at)
		if !ok || !found {
			return nil, false
		}
		edits = append(edits, text.Edit{Start: start, End: end, New: newVariable})
	}
	return edits, true
}

// usesOf returns the places at which logins to the registry use a definition.
func (p *pass) usesOf(definition *yaml.Node) []place {
	var out []place
	for _, l := range p.logins {
		for _, c := range l.cases {
			for i, s := range c.password {
				if i > 0 && s.node == definition && !slices.Contains(out, c.password[i-1].place) {
					out = append(out, c.password[i-1].place)
				}
			}
		}
	}
	return out
}

// readsEnvironment reports whether a step possibly reads environment variables that the
// workflow does not name.
func readsEnvironment(step *flow.Step) bool {
	if step.Run == nil {
		return !knownActions()[actionName(step)].listed
	}
	for _, c := range shell.Parse(step.Run.Value.Value, dialectOf(step)) {
		fields := c.Fields()
		if useOf(fields) == mayDoAnything || slices.Contains(fields, "compose") || slices.Contains(fields, "bake") || !isFamiliar(fields) {
			return true
		}
	}
	return false
}

// isFamiliar reports whether a command is known to read no environment variables except
// those in its arguments. Such commands are in commands.go, or only print or assign a
// value.
func isFamiliar(fields []string) bool {
	for _, field := range fields[:min(len(fields), 3)] {
		base := strings.TrimSuffix(field[strings.LastIndexAny(field, `/\`)+1:], ".exe")
		if _, ok := commandUses[base]; ok {
			return !slices.Contains([]string{"docker-compose", "goreleaser", "ko", "pack", "flux"}, base)
		}
		if isHarmless(field) || strings.HasPrefix(field, "$") || strings.Contains(field, "=") ||
			slices.Contains([]string{"set", "write-output", "write-host", "tr"}, strings.ToLower(field)) {
			return true
		}
	}
	return false
}
