package migrate

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/flow"
	"github.com/ghcr-publish/ghcr-publish/internal/migrate/shell"
)

// level is what GITHUB_TOKEN may do in one scope.
type level int

const (
	none level = iota
	read
	write
)

func (l level) String() string { return [...]string{"none", "read", "write"}[l] }

func parseLevel(s string) level {
	switch s {
	case "read":
		return read
	case "write":
		return write
	}
	return none
}

// scopes are the permissions of a job, each with the reason it is there; the
// reason is "" where it goes without saying.
type scopes map[string]grant

type grant struct {
	level  level
	reason string
}

// add raises a scope to a level.
func (s scopes) add(name string, l level, reason string) {
	if l > s[name].level {
		s[name] = grant{l, reason}
	}
}

func (s scopes) merge(other scopes) {
	for name, g := range other {
		s.add(name, g.level, g.reason)
	}
}

// addList adds a list as the table of actions writes it: "contents:read
// issues:write".
func (s scopes) addList(list, reason string) {
	for item := range strings.FieldsSeq(list) {
		name, l, _ := strings.Cut(item, ":")
		if item == "contents:read" || name == "packages" {
			s.add(name, parseLevel(l), "")
			continue
		}
		s.add(name, parseLevel(l), reason)
	}
}

// everything are the scopes of the permissive default token (GitHub docs,
// "Permissions for the GITHUB_TOKEN"). id-token, which the default never has,
// and the scopes that came later are not among them.
var everything = []string{
	"actions", "attestations", "checks", "contents", "deployments", "discussions", "issues", "packages",
	"pages", "pull-requests", "repository-projects", "security-events", "statuses",
}

// workedOut is what a job needs that so far had the default permissions: by the
// table of known actions, by the commands of its scripts, and everything where
// the job hands its token to something unknown.
func (p *pass) workedOut(job *flow.Job) scopes {
	s := scopes{}
	for _, step := range job.Steps {
		switch {
		case step.Run != nil:
			p.scriptScopes(s, step)
		case step.Uses != nil:
			p.actionScopes(s, step)
		}
	}
	if job.Uses != nil {
		s.merge(p.tree.lib.workflow(p, job).scopes)
	}
	return s
}

func (p *pass) actionScopes(s scopes, step *flow.Step) {
	name := actionName(step)
	if strings.HasPrefix(name, "./") || strings.HasPrefix(name, "$/") {
		s.merge(p.tree.lib.action(p, step).scopes)
		return
	}
	action := known[name]
	if action.listed {
		s.addList(action.scopes, name)
		return
	}
	s.add("contents", read, "")
	if p.handsToken(step) {
		s.keepAll(fmt.Sprintf("kept: %s is given the token", name))
	}
}

// keepAll keeps what the default may have granted.
func (s scopes) keepAll(reason string) {
	for _, name := range everything {
		if name != "packages" {
			s.add(name, write, reason)
		}
	}
}

// handsToken reports whether a step is given the job's token by name, other
// than as a password for our registry.
func (p *pass) handsToken(step *flow.Step) bool {
	found := false
	places := []*yaml.Node{step.With, step.Env}
	for _, holder := range []*yaml.Node{step.Job.Node, p.doc.Root} {
		if env := flow.Get(holder, "env"); env != nil {
			places = append(places, env.Value)
		}
	}
	for _, place := range places {
		flow.Scalars(place, func(n *yaml.Node) {
			found = found || mentionsToken(n.Value) && !p.loginPlaces[n]
		})
	}
	return found
}

func mentionsToken(text string) bool {
	lower := strings.ToLower(text)
	return strings.Contains(lower, "secrets.github_token") || strings.Contains(lower, "github.token") ||
		strings.Contains(lower, "secrets['github_token']")
}

// scriptScopes reads what a script does with the repository through Git, which
// checkout gave the token, or through gh, which takes it from the environment.
func (p *pass) scriptScopes(s scopes, step *flow.Step) {
	opaque := false
	for _, c := range shell.Parse(step.Run.Value.Value, shell.DialectOf(step.Shell())) {
		fields := c.Fields()
		familiar := false
		for i, field := range fields[:min(len(fields), 3)] {
			list := commandScopes(field, fields[i+1:])
			s.addList(list, strings.Join(fields[i:min(len(fields), i+2)], " "))
			familiar = familiar || list != ""
		}
		unclear := useOf(fields) == mayDoAnything || fields[0] == "curl" || slices.Contains(fields, "api")
		opaque = opaque || unclear && !familiar
	}
	script := step.Run.Value
	if opaque && (p.handsToken(step) || mentionsToken(script.Value) && !p.loginPlaces[script]) {
		s.keepAll("kept: a script is given the token")
	}
}

// commandScopes is what a command needs of the token.
func commandScopes(command string, args []string) string {
	if len(args) == 0 {
		return ""
	}
	switch command + " " + args[0] {
	case "git push", "gh release":
		return "contents:write"
	case "npx semantic-release":
		return "contents:write issues:write pull-requests:write"
	case "gh pr":
		return "contents:write pull-requests:write"
	case "gh issue":
		return "issues:write"
	case "gh workflow", "gh run", "gh cache":
		return "actions:write"
	case "npm publish", "yarn publish", "pnpm publish", "mvn deploy", "gradle publish", "./gradlew publish", "./mvnw deploy", "dotnet nuget":
		return "packages:write"
	case "goreleaser release":
		return "contents:write packages:write"
	}
	return ""
}
