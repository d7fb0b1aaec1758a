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

// scopes contains the permissions of a job. Each permission can have a reason. If no
// explanation is necessary, the reason is empty.
type scopes map[string]grant

type grant struct {
	level  level
	reason string
}

// add raises the permission in a scope to at least the given level.
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

// addList adds the permissions of a list, for example "contents:read
// issues:write". The list has the format of actions.txt.
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

// defaultScopes lists the scopes of GITHUB_TOKEN if the default permissions are
// "permissive" (GitHub docs, "Permissions for the GITHUB_TOKEN"). The list
// omits id-token, because GITHUB_TOKEN never has this scope by default.
// The list also omits newer scopes, which GitHub added after the scopes in the list.
var defaultScopes = []string{
	"actions", "attestations", "checks", "contents", "deployments", "discussions", "issues", "packages",
	"pages", "pull-requests", "repository-projects", "security-events", "statuses",
}
