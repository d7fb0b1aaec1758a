package migrate

import (
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/expr"
	"github.com/ghcr-publish/ghcr-publish/internal/migrate/flow"
	"github.com/ghcr-publish/ghcr-publish/internal/migrate/text"
)

// place is a range of bytes in a scalar's value that an edit can replace.
type place struct {
	node     *yaml.Node
	from, to int
	// inExpr is true if the range is inside "${{ }}". name is true if the value
	// is the name of a secret, such as the value of matrix.secret in
	// secrets[matrix.secret].
	inExpr, name bool
	// actor is the text of the variable GITHUB_ACTOR in the language of the
	// script. It is "" if the range is not a user name in a script.
	actor string
}

// route lists the places that define a value. The first stop is the text that
// uses the value. If that text only refers to an environment variable or a
// matrix value, the next stop is the definition of that variable or value, and
// so on. Each stop holds the context of the reference that led to the stop.
type route []stop

type stop struct {
	place
	via flow.Origin // the reference in the previous stop
}

// routeOf returns the route of v, which is the result of evaluating the text of
// f.
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

// keyStop returns the place of the matrix value that names a secret.
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

// replace edits a place so that its value is the expression ex. It returns
// false, and edits nothing, if the value contains YAML escapes, because the
// source of an escape cannot be matched byte by byte.
func (p *pass) replace(at place, ex string) bool {
	start, end, ok := p.span(at)
	return ok && p.edits.Add(text.Edit{Start: start, End: end, New: p.expressionText(at, ex)}) == nil
}

// span returns the offsets of a place in the source.
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

// expressionText returns ex in the syntax that the place needs.
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
