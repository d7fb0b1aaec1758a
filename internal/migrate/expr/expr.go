// Package expr evaluates GitHub Actions expressions (the language of
// "${{ … }}", as GitHub's docs have it under "Evaluate expressions in
// workflows and actions") as far as the text of a workflow decides them, and
// keeps for every value where it came from.
//
// It is not the runner's evaluator: a value that only a run can know (a
// secret, an event, a step's output) stays unknown, with the reference that
// stands for it and the part of the text that would have to be replaced to
// replace the value.
package expr

import "strings"

// maxText bounds a value, maxLookups the references one evaluation follows:
// a few lines of nested env can otherwise ask for gigabytes.
const (
	maxText       = 64 << 10
	maxLookups    = 1000
	maxNesting    = 8
	maxExpression = 21000 // GitHub's own limit, in characters
	maxRefs       = 64
)

// Value is what a text with expressions turns out to be.
type Value struct {
	// Text is exact if Known, else what is known of it with gaps left out.
	Text  string
	Known bool
	// Start and End delimit the part of the evaluated text that decides the
	// value: of "${{ a && b || c }}" it is b where a is known to hold. For a
	// text without expressions it is all of it.
	Start, End int
	// InExpr tells that Start and End lie inside "${{ }}".
	InExpr bool
	// Refs are the references the value may have come from, in order.
	Refs []Ref

	kind valueKind
	// chosen marks what a condition known to hold picked: in "c && a || b" it
	// is a that was meant, even where nobody can know that a is not empty.
	chosen bool
}

type valueKind int

const (
	isString valueKind = iota
	isBool
	isNumber
	isNull
)

// Ref is one reference to a context.
type Ref struct {
	// Name is the path with dots, the context in lower case: secrets.CR_PAT.
	// Steps that are not known are "*".
	Name string
	// Via is the value behind the reference, nil where there is none.
	Via *Value
	// Source is what Lookup gave for it: who holds Via's text.
	Source any
	// Key is the value that named the last step, for secrets[matrix.name].
	Key *Value
}

// Found is a text that a reference stands for.
type Found struct {
	Text   string
	Source any
}

// Lookup finds the text behind a path such as ["env", "REGISTRY"].
type Lookup func(path []string) (Found, bool)

// Eval evaluates text, which may hold any number of expressions.
func Eval(text string, lookup Lookup) Value {
	e := &evaluator{lookup: lookup, left: maxLookups}
	return e.text(text, 0)
}

// EvalBare evaluates a text that is an expression without "${{ }}", as "if:"
// takes it.
func EvalBare(text string, lookup Lookup) Value {
	if strings.Contains(text, "${{") {
		return Eval(text, lookup)
	}
	e := &evaluator{lookup: lookup, left: maxLookups}
	n, err := parse(text, 0, len(text))
	if err != nil {
		return unknown(0, len(text))
	}
	return e.node(n, 0)
}

// Part is a piece of a text: an expression with its delimiters, or what lies
// between two.
type Part struct {
	Start, End int
	Expr       bool
}

// Split finds the expressions of a text. Quotes inside them are honoured; an
// expression that never ends is plain text.
func Split(text string) []Part {
	var parts []Part
	at := 0
	for {
		open := strings.Index(text[at:], "${{")
		if open < 0 {
			break
		}
		open += at
		end := closing(text, open+3)
		if end < 0 {
			break
		}
		if open > at {
			parts = append(parts, Part{at, open, false})
		}
		parts = append(parts, Part{open, end, true})
		at = end
	}
	if at < len(text) {
		parts = append(parts, Part{at, len(text), false})
	}
	return parts
}

func closing(text string, at int) int {
	quoted := false
	for ; at < len(text); at++ {
		switch {
		case text[at] == '\'':
			quoted = !quoted
		case !quoted && strings.HasPrefix(text[at:], "}}"):
			return at + 2
		}
	}
	return -1
}

func unknown(start, end int) Value { return Value{Start: start, End: end} }
