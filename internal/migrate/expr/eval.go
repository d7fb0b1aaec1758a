package expr

import (
	"slices"
	"strconv"
	"strings"
)

type evaluator struct {
	lookup      Lookup
	lookupsLeft int
}

func (e *evaluator) text(text string, depth int) Value {
	parts := Split(text)
	if len(parts) == 1 && parts[0].Expr {
		return e.part(text, parts[0], depth)
	}
	out := Value{Known: true, Start: 0, End: len(text)}
	for _, p := range parts {
		v := Value{Text: text[p.Start:p.End], Known: true}
		if p.Expr {
			v = e.part(text, p, depth)
		}
		out.Known = out.Known && v.Known
		out.Refs = append(out.Refs, v.Refs...)
		if len(out.Text)+len(v.Text) > maxText {
			return Value{End: len(text), Refs: out.Refs}
		}
		out.Text += v.Text
	}
	return out
}

func (e *evaluator) part(text string, p Part, depth int) Value {
	n, err := parse(text, p.Start+3, p.End-2)
	if err != nil {
		return unknown(p.Start, p.End)
	}
	v := e.node(n, depth)
	v.InExpr = true
	return v
}

func (e *evaluator) node(n *node, depth int) Value {
	v := e.value(n, depth)
	if v.End == 0 {
		v.Start, v.End = n.start, n.end
	}
	return v
}

func (e *evaluator) value(n *node, depth int) Value {
	switch n.kind {
	case litString:
		return Value{Text: n.text, Known: true}
	case litOther:
		return Value{Text: n.text, Known: true, kind: constantKind(n.text)}
	case ref:
		return e.ref(n, depth)
	case call:
		return e.call(n, depth)
	}
	return e.operator(n, depth)
}

func constantKind(text string) valueKind {
	switch strings.ToLower(text) {
	case "true", "false":
		return isBool
	case "null":
		return isNull
	}
	return isNumber
}

func (e *evaluator) operator(n *node, depth int) Value {
	left := e.node(n.args[0], depth)
	if n.text == "!" {
		if holds, ok := left.truth(); ok {
			return boolean(!holds)
		}
		return Value{}
	}
	right := e.node(n.args[1], depth)
	switch n.text {
	case "&&":
		return and(left, right)
	case "||":
		return or(left, right)
	case "==", "!=":
		if left.Known && right.Known {
			return boolean(strings.EqualFold(left.Text, right.Text) == (n.text == "=="))
		}
	}
	return Value{}
}

// The function "and" returns the value of the expression "left && right". If the left
// operand is unknown, the value is unknown, but the result contains the references and
// the text of the right operand.
func and(left, right Value) Value {
	holds, ok := left.truth()
	switch {
	case !ok:
		return Value{Refs: right.Refs, Text: right.Text}
	case holds:
		right.chosen = true
		return right
	}
	return left
}

// The function "or" returns the value of the expression "left || right". If the left
// operand is unknown, the result can contain the references of both operands.
func or(left, right Value) Value {
	holds, ok := left.truth()
	switch {
	case ok && holds || !ok && left.chosen:
		return left
	case ok:
		return right
	}
	refs := slices.Concat(left.Refs, right.Refs)
	return Value{Refs: refs[:min(len(refs), maxRefs)]}
}

// truth reports whether an expression treats the value as true. The result "ok" is false
// if the value is unknown.
func (v Value) truth() (holds, ok bool) {
	if !v.Known {
		return false, false
	}
	switch v.kind {
	case isBool:
		return strings.EqualFold(v.Text, "true"), true
	case isNull:
		return false, true
	case isNumber:
		f, err := strconv.ParseFloat(v.Text, 64)
		return err == nil && f != 0, true
	}
	return v.Text != "", true
}

// Truth reports whether GitHub treats the value v as true. The result "known" is false if
// the value is unknown. Truth treats the string "false" as false, because v can be the
// value of a key "if:" or of an input.
func (v Value) Truth() (holds, known bool) {
	if v.Known && v.kind == isString && strings.EqualFold(v.Text, "false") {
		return false, true
	}
	return v.truth()
}

func boolean(b bool) Value {
	return Value{Text: strconv.FormatBool(b), Known: true, kind: isBool}
}

func (e *evaluator) ref(n *node, depth int) Value {
	path := []string{n.text}
	var key *Value
	for _, arg := range n.args {
		v := e.node(arg, depth)
		step := "*"
		if v.Known {
			step = v.Text
		}
		path = append(path, step)
		key = nil
		if arg.kind != litString {
			key = &v
		}
	}
	r := Ref{Name: strings.Join(path, "."), Key: key}
	if e.lookupsLeft--; e.lookupsLeft < 0 || depth >= maxNesting || e.lookup == nil {
		return Value{Refs: []Ref{r}}
	}
	found, ok := e.lookup(path)
	if !ok {
		return Value{Refs: []Ref{r}}
	}
	inner := e.text(found.Text, depth+1)
	r.Via, r.Source = &inner, found.Source
	return Value{Text: inner.Text, Known: inner.Known, Refs: []Ref{r}}
}

func (e *evaluator) call(n *node, depth int) Value {
	out := Value{Known: true}
	args := make([]string, 0, len(n.args))
	for _, arg := range n.args {
		v := e.node(arg, depth)
		out.Known = out.Known && v.Known
		out.Refs = append(out.Refs, v.Refs...)
		args = append(args, v.Text)
	}
	result, ok := apply(n.text, args)
	if !ok || !out.Known || len(result.Text) > maxText {
		return Value{Refs: out.Refs}
	}
	result.Refs = out.Refs
	return result
}

func apply(fn string, args []string) (Value, bool) {
	switch {
	case fn == "format" && len(args) > 0:
		text := args[0]
		for i, arg := range args[1:] {
			if strings.Count(text, "{")*len(arg) > maxText {
				return Value{}, false
			}
			text = strings.ReplaceAll(text, "{"+strconv.Itoa(i)+"}", arg)
		}
		return Value{Text: text, Known: true}, true
	case len(args) != 2:
		return Value{}, false
	}
	a, b := strings.ToLower(args[0]), strings.ToLower(args[1])
	switch fn {
	case "contains":
		return boolean(strings.Contains(a, b)), true
	case "startswith":
		return boolean(strings.HasPrefix(a, b)), true
	case "endswith":
		return boolean(strings.HasSuffix(a, b)), true
	}
	return Value{}, false
}
