package meta

import (
	"fmt"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/diag/missing"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/lazy"
)

var (
	template     = lazy.Regexp(`\{\{\{?[^{}]*\}?\}\}`)
	githubSyntax = lazy.Regexp(`\$\{\{\s*(\w*)[^}]*\}\}`)
	otherSyntax  = lazy.Regexp(`\$\((\w+)\)|\$\{(\w+)\}|\$(\w+)|%\(?(\w+)\)?%|<(\w+)>|\[+(\w+)\]+|\{+\s*(\w+)\s*\}+`)
)

// foreign finds an expression in the syntax of another tool, which would become a part
// of the tag.
func (s scope) foreign(text string) *problem {
	if m := githubSyntax().FindStringSubmatch(text); m != nil {
		return s.foreignName(text, m[0], m[1], missing.Unexpanded(m[0]))
	}
	if s.text {
		return nil
	}
	rest := template().ReplaceAllString(text, "")
	for _, m := range otherSyntax().FindAllStringSubmatch(rest, -1) {
		name := strings.Join(m[1:], "")
		if s.has(name) || globalScope.has(name) || semverScope.has(name) {
			return s.foreignName(text, m[0], name, "")
		}
	}
	if hint := missing.Unexpanded(rest); hint != "" {
		return &problem{what: "contains text that a shell replaces", hint: hint}
	}
	if strings.ContainsAny(rest, "{}") && !strings.Contains(rest, "{{") {
		return &problem{what: "contains a brace outside of an expression", hint: "Write two braces before and after a name, as in {{" + s.names[0] + "}}. " + s.namesHint()}
	}
	return nil
}

// foreignName explains a part of a text that contains a name in the syntax of another
// tool. otherwise is the hint for a name that the tag language does not have.
func (s scope) foreignName(text, part, name, otherwise string) *problem {
	p := &problem{what: fmt.Sprintf("contains %s, which is not an expression of the tag language", part)}
	if p.hint = s.elsewhere(name, strings.Replace(text, part, "{{"+name+"}}", 1)); s.has(name) {
		p.hint = "Write " + shown([]string{name})[0] + "."
	}
	if p.hint == "" {
		p.what, p.hint = "contains an expression of GitHub that is not evaluated", otherwise
	}
	return p
}
