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

// foreign finds an expression in the syntax of another tool.
// docker/metadata-action would copy such an expression into the tag.
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
		return &problem{format: "%s contains text that only a shell replaces", hint: hint}
	}
	if strings.ContainsAny(rest, "{}") && !strings.Contains(rest, "{{") {
		return &problem{format: "%s contains a brace outside of an expression", hint: fmt.Sprintf("Write two braces before and after a name, as in {{%s}}. %s", s.names[0], s.namesHint())}
	}
	return nil
}

// foreignName returns the problem for a name in the syntax of another tool. The argument
// "otherwise" is the hint for a name that the tag language does not have.
func (s scope) foreignName(text, part, name, otherwise string) *problem {
	p := &problem{format: "%s contains %s, which is not an expression of the tag language", args: []any{part}}
	if p.hint = s.elsewhere(name, strings.Replace(text, part, "{{"+name+"}}", 1)); s.has(name) {
		p.hint = fmt.Sprintf("Write %s.", shown([]string{name})[0])
	}
	if p.hint == "" {
		p.format, p.args, p.hint = "%s contains an expression of GitHub that the runner has not evaluated", nil, otherwise
	}
	return p
}
