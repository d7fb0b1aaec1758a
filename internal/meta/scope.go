package meta

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/diag/nearest"
	"github.com/ghcr-publish/ghcr-publish/internal/meta/handlebars"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/lazy"
)

// scope lists the names that expressions can use in one place, for example in a
// label.
type scope struct {
	names []string // names has the order in which messages list the names.
	// silent lists further names that messages do not list.
	silent []string
	// The field "text" is true if the place is not a part of a tag. For example, the
	// place can be a label. In such a place, braces are valid.
	text bool
}

var (
	globalScope = scope{names: []string{"branch", "tag", "sha", "base_ref", "is_default_branch", "is_not_default_branch", "date", "commit_date"}}
	labelScope  = scope{names: globalScope.names, text: true}
	dateScope   = scope{names: []string{"date", "commit_date"}}
	semverScope = scope{names: []string{"version", "major", "minor", "patch", "prerelease", "build", "raw"}, silent: []string{"loose", "includePrerelease", "options"}}
	pep440Scope = scope{names: []string{"version", "major", "minor", "patch", "raw"}}
)

func (s scope) has(name string) bool {
	return slices.Contains(s.names, name) || slices.Contains(s.silent, name)
}

// problem is a fault of a text. The first %s in the format becomes the subject of the
// message, for example the rule.
type problem struct {
	format string
	args   []any
	hint   string
	err    error
}

// in returns the error about a problem in an input. If p is nil, the method "in" returns
// nil.
func (p *problem) in(input, subject string) error {
	if p == nil {
		return nil
	}
	e := diag.Inputf(input, CodeExpression, p.hint, p.format, append([]any{subject}, p.args...)...)
	e.Err = p.err
	return e
}

// checkExpressions returns an error for an expression that is invalid in the
// attributes of the rule. docker/metadata-action does not report such an
// expression if the rule does not apply to the event, or if the name is unknown.
func (r *rule) checkExpressions() error {
	for _, f := range r.fields {
		key, value, named := attribute(f)
		if !named {
			key = "value"
		}
		if r.isPattern(key) {
			continue
		}
		if key == "branch" && strings.Contains(value, "{{") {
			return r.invalid(CodeTagAttribute, "Write the name of the branch, as in branch=main. Without the attribute, the rule uses the default branch.", "%s has an expression in the attribute branch, which cannot contain expressions")
		}
		if err := r.scopeOf(key).check(value).in("tags", r.subject()); err != nil {
			return err
		}
	}
	return nil
}

// scopeOf returns the names that expressions in an attribute can use.
func (r *rule) scopeOf(key string) scope {
	if key == "pattern" {
		switch r.kind {
		case "semver":
			return semverScope
		case "pep440":
			return pep440Scope
		}
		return dateScope
	}
	return globalScope
}

// check returns the first problem of a text with expressions, or nil if the text
// is valid.
func (s scope) check(text string) *problem {
	if p := s.foreign(text); p != nil {
		return p
	}
	if !strings.Contains(text, "{{") {
		return nil
	}
	template, err := handlebars.Parse(text)
	if err != nil {
		return &problem{format: "%s has an invalid expression", hint: s.syntaxHint(text), err: err}
	}
	for _, use := range template.Uses() {
		if p := s.checkUse(use, text); p != nil {
			return p
		}
	}
	return nil
}

func (s scope) checkUse(use handlebars.Use, text string) *problem {
	switch {
	case slices.Contains(dateScope.names, use.Helper):
		return &problem{format: "%s has the expression %s without a format in quotes", args: []any{use.Helper}, hint: fmt.Sprintf("Write the format in single quotes: {{%s '%s'}}.", use.Helper, use.Source)}
	case !s.has(use.Name):
		return s.unknown(use, text)
	case slices.Contains(dateScope.names, use.Name):
		return checkDate(use)
	case use.Fields && !slices.Contains([]string{"prerelease", "build", "options"}, use.Name):
		return &problem{format: "%s has the unknown expression {{%s}}", args: []any{use.Source}, hint: fmt.Sprintf("Write {{%s}}, because this expression has no fields. %s", use.Name, s.namesHint())}
	case use.Name == "sha" && len(use.Params) > 0:
		return &problem{format: "%s has arguments in the expression {{sha}}", hint: "Write {{sha}}. For another length, set the environment variable DOCKER_METADATA_SHORT_SHA_LENGTH: 12."}
	case len(use.Params)+len(use.Hash) > 0:
		return &problem{format: "%s has arguments in the expression {{%s}}", args: []any{use.Name}, hint: fmt.Sprintf("Write {{%s}}, which has no arguments.", use.Name)}
	}
	return nil
}

// contexts lists the contexts of expressions of GitHub.
var contexts = []string{"github", "env", "vars", "job", "steps", "runner", "secrets", "strategy", "matrix", "needs", "inputs"}

// unknown returns the problem for a name that is not in the scope. The argument "text" is
// the complete value.
func (s scope) unknown(use handlebars.Use, text string) *problem {
	p := &problem{format: "%s has the unknown expression {{%s}}", args: []any{use.Source}}
	if use.Fields && slices.Contains(contexts, use.Name) {
		p.hint = fmt.Sprintf("Write ${{ %s }}. The dollar sign is necessary, because the runner evaluates this expression.", use.Source)
		return p
	}
	p.hint = s.elsewhere(use.Name, text)
	if like := nearest.Of(use.Name, s.names); p.hint == "" && len(like) > 0 {
		p.hint = fmt.Sprintf("Did you mean %s?", enumerate(shown(like), "", "or"))
	}
	p.hint = strings.TrimSpace(p.hint + " " + s.namesHint())
	return p
}

// elsewhere returns the hint for a name that only another scope contains. If no
// scope contains the name, elsewhere returns "".
func (s scope) elsewhere(name, text string) string {
	types := "type=semver and type=pep440"
	if !pep440Scope.has(name) {
		types = "type=semver"
	}
	switch {
	case semverScope.has(name) && s.text:
		return fmt.Sprintf("Only rules of %s in the input tags can contain {{%s}}. The label org.opencontainers.image.version already contains the first tag.", types, name)
	case semverScope.has(name) && pep440Scope.has(name):
		if !strings.HasPrefix(text, "{{") && !ValidTag(text[:1]) {
			text = "{{" + name + "}}" // The text is a prefix or a suffix.
		}
		return fmt.Sprintf("Only the attribute \"pattern\" of %s can contain {{%s}}: write type=semver,pattern=%s.", types, name, text)
	case semverScope.has(name):
		return fmt.Sprintf("Only the attribute \"pattern\" of %s can contain {{%s}}.", types, name)
	case globalScope.has(name):
		return fmt.Sprintf("Only the attributes value, enable, prefix and suffix can contain {{%s}}. Write the expression in one of these attributes, as in prefix=%s-.", name, shown([]string{name})[0])
	}
	return ""
}

// shown returns each name as an expression in two braces, for use in a message.
func shown(names []string) []string {
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = "{{" + name + "}}"
		if slices.Contains(dateScope.names, name) {
			out[i] = "{{" + name + " 'YYYYMMDD'}}"
		}
	}
	return out
}

// namesHint returns a sentence that lists the possible expressions.
func (s scope) namesHint() string {
	return fmt.Sprintf("The possible expressions are %s.", and(shown(s.names)))
}

var (
	unclosed  = lazy.Regexp(`\{\{([^{}]*)\}?$|\{\{([^{}]*)\}(?:[^}]|$)`)
	operators = lazy.Regexp(`\{\{[^}]*(?:==|!=|&&|\||[<>!+*?])`)
)

// syntaxHint returns the hint for an expression with invalid syntax.
func (s scope) syntaxHint(text string) string {
	if operators().MatchString(text) {
		return "Write only a name, as in {{sha}}, because expressions in two braces have no operators. To compare values, use the expressions of GitHub, as in enable=${{ github.ref == 'refs/heads/main' }}."
	}
	if m := unclosed().FindStringSubmatch(text); m != nil && strings.TrimSpace(m[1]+m[2]) != "" {
		return fmt.Sprintf("Close the expression with two braces: {{%s}}.", strings.TrimSpace(m[1]+m[2]))
	}
	return fmt.Sprintf("Write two braces before the name and two braces after the name, as in {{%s}}. %s", s.names[0], s.namesHint())
}
