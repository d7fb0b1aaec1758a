package migrate

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/flow"
	"github.com/ghcr-publish/ghcr-publish/internal/migrate/shell"
)

// level is the access of GITHUB_TOKEN in one scope.
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

// scopes are the permissions of a job. Each permission has a reason, which is
// empty if the reason is obvious.
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

// addList adds a list in the format of actions.txt, such as "contents:read
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

// defaultScopes are the scopes of the permissive default token (GitHub docs,
// "Permissions for the GITHUB_TOKEN"). The list excludes id-token, which the
// default token never has, and scopes that GitHub added later.
var defaultScopes = []string{
	"actions", "attestations", "checks", "contents", "deployments", "discussions", "issues", "packages",
	"pages", "pull-requests", "repository-projects", "security-events", "statuses",
}

// requiredScopes returns the permissions that a job with default permissions
// needs. It uses the table of known actions and the commands of the job's
// scripts. If the job passes its token to an unknown program, the result
// includes all default scopes.
func (p *pass) requiredScopes(job *flow.Job) scopes {
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
	action := knownActions[name]
	if action.listed {
		s.addList(action.scopes, name)
		return
	}
	s.add("contents", read, "")
	if p.receivesToken(step) {
		s.keepDefaults(fmt.Sprintf("kept: %s receives the token", name))
	}
}

// keepDefaults adds all scopes that the default token may have had, except
// packages.
func (s scopes) keepDefaults(reason string) {
	for _, name := range defaultScopes {
		if name != "packages" {
			s.add(name, write, reason)
		}
	}
}

// receivesToken reports whether a step names the job's token in its inputs or
// variables. It ignores the password of a login to a registry.
func (p *pass) receivesToken(step *flow.Step) bool {
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

// scriptScopes adds the permissions that the commands of a script need. The
// commands use the token through Git, which actions/checkout configures, or
// through gh, which reads the token from the environment.
func (p *pass) scriptScopes(s scopes, step *flow.Step) {
	opaque := false
	for _, c := range shell.Parse(step.Run.Value.Value, dialectOf(step)) {
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
	if opaque && (p.receivesToken(step) || mentionsToken(script.Value) && !p.loginPlaces[script]) {
		s.keepDefaults("kept: a script receives the token")
	}
}

// commandScopes returns the permissions that a command needs.
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
