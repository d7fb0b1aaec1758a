package migrate

import (
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/expr"
	"github.com/ghcr-publish/ghcr-publish/internal/migrate/flow"
	"github.com/ghcr-publish/ghcr-publish/internal/migrate/text"
)

// place is a range of bytes in the value of a YAML scalar. An edit can replace
// this range.
type place struct {
	node     *yaml.Node
	from, to int
	// inExpr is true if the range is inside "${{ }}". The field "name" is true if the
	// range contains only the name of a secret, for example the value of matrix.secret in
	// secrets[matrix.secret].
	inExpr, name bool
	// actor is the reference to the variable GITHUB_ACTOR in the language of the script.
	// The field is "" if the range is not a user name in a script.
	actor string
}

// route lists the places that define a value. The first stop is the text that
// uses the value. If a text only refers to an environment variable or to a
// value of the matrix, the next stop is the definition of this variable or
// value. Each stop contains the reference in the previous stop.
type route []stop

type stop struct {
	place
	via flow.Origin // via is the reference in the previous stop.
}

// routeOf returns the route of a value. The value v is the evaluated text of the field f.
func routeOf(f field, v expr.Value) route {
	at := place{node: f.node, from: f.offset + v.Start, to: f.offset + v.End, inExpr: v.InExpr}
	r := route{{place: at}}
	if f.alias != nil {
		r = route{{place: place{node: f.alias}}, {at, flow.Origin{Context: "alias", Node: f.node}}}
	}
	for len(v.Refs) == 1 {
		ref := v.Refs[0]
		if key, ok := keyStop(ref); ok {
			return append(r, key)
		}
		origin, ok := ref.Source.(flow.Origin)
		if !ok || ref.Via == nil || origin.Context == "inputs" {
			return r
		}
		v = *ref.Via
		r = append(r, stop{place{node: origin.Node, from: v.Start, to: v.End, inExpr: v.InExpr}, origin})
	}
	return r
}

// keyStop returns the place of the matrix value that contains the name of a
// secret.
func keyStop(ref expr.Ref) (stop, bool) {
	if ref.Key == nil || len(ref.Key.Refs) != 1 || !strings.HasPrefix(ref.Name, "secrets.") {
		return stop{}, false
	}
	origin, ok := ref.Key.Refs[0].Source.(flow.Origin)
	if !ok || origin.Context != "matrix" || ref.Key.Refs[0].Via.InExpr {
		return stop{}, false
	}
	return stop{place{node: origin.Node, to: len(origin.Node.Value), name: true}, origin}, true
}

// replace adds an edit that replaces a place by the expression ex. If the value
// contains YAML escapes, the method "replace" returns false and adds no edit, because
// the position of the value in the file is unknown.
func (p *pass) replace(at place, ex string) bool {
	start, end, ok := p.span(at)
	return ok && p.edits.Add(text.Edit{Start: start, End: end, New: p.expressionText(at, ex)}) == nil
}

// span returns the offsets of a place in the file.
func (p *pass) span(at place) (start, end int, ok bool) {
	if at.node.Kind == yaml.AliasNode {
		start = p.doc.Text.Start(at.node)
		return start, start + 1 + len(at.node.Value), true
	}
	s, err := p.scalar(at.node)
	if err != nil {
		return 0, 0, false
	}
	return s.Span(at.from, at.to)
}

// expressionText returns the expression ex in the syntax that the place
// requires.
func (p *pass) expressionText(at place, ex string) string {
	switch {
	case at.actor != "" && at.node.Style&yaml.DoubleQuotedStyle != 0:
		return strings.ReplaceAll(at.actor, `"`, `\"`)
	case at.actor != "":
		return at.actor
	case at.inExpr:
		return ex
	case at.name:
		return strings.TrimPrefix(ex, "secrets.")
	}
	ex = "${{ " + ex + " }}"
	plain := at.node.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) == 0
	if plain && p.inFlow(at.node) {
		return `"` + ex + `"`
	}
	return ex
}
