package migrate

import (
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/expr"
	"github.com/ghcr-publish/ghcr-publish/internal/migrate/flow"
	"github.com/ghcr-publish/ghcr-publish/internal/migrate/text"
)

// place is a part of a scalar's value that an edit may replace.
type place struct {
	node     *yaml.Node
	from, to int
	// inExpr: it lies inside "${{ }}". name: it is a secret's name, as in
	// secrets[matrix.secret].
	inExpr, name bool
}

// route is the way a value takes to where it is used: the place of use first,
// then, where that is only a reference to an environment variable or a matrix
// value, the place that reference stands for, and so on. Each step has the
// context it came through.
type route []stop

type stop struct {
	place
	via flow.Origin // how the stop before refers to this one
}

// routeOf follows v, which was evaluated from the text of f.
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
		r = append(r, stop{place{origin.Node, v.Start, v.End, v.InExpr, false}, origin})
	}
	return r
}

// keyStop is the matrix value that names a secret.
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

// replace edits a place so that it gives the value of the expression ex. It
// reports whether that was possible; a place whose source cannot be matched
// byte by byte (YAML escapes) is left alone.
func (p *pass) replace(at place, ex string) bool {
	start, end, ok := p.span(at)
	return ok && p.edits.Add(text.Edit{Start: start, End: end, New: p.spell(at, ex)}) == nil
}

// span is where a place stands in the source.
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

// spell writes ex as the place needs it.
func (p *pass) spell(at place, ex string) string {
	switch {
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
