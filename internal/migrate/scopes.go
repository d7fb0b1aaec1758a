package migrate

import "strings"

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
