// Package expr evaluates GitHub Actions expressions. These are the texts in
// "${{ }}" (GitHub docs, "Evaluate expressions in workflows and actions"). It
// computes each value that the text of a workflow determines. It also records
// the origin of each value.
//
// It is not the runner's evaluator. A value that only a run can know, such as a
// secret, an event or a step's output, stays unknown. For such a value, the
// package returns the reference to the value. It also returns the part of the
// text that an edit must replace in order to replace the value.
package expr

import "strings"

// These limits keep the time and memory of one evaluation small. Without them,
// a few lines of nested env could need gigabytes. maxText limits the bytes of a
// value. maxLookups limits the number of references that one evaluation
// follows, and maxNesting limits their depth. maxRefs limits the references of
// one value.
const (
	maxText       = 64 << 10
	maxLookups    = 1000
	maxNesting    = 8
	maxExpression = 21000 // GitHub's own limit, in characters
	maxRefs       = 64
)

// Value is the result of evaluating a text with expressions.
type Value struct {
	// Text is the exact value if Known is true. Otherwise it is the known part
	// of the value, without the unknown parts.
	Text  string
	Known bool
	// Start and End delimit the part of the evaluated text that determines the
	// value. In "${{ a && b || c }}", this part is "b" if "a" is known to be
	// true. In a text without expressions, it is the whole text.
	Start, End int
	// InExpr reports that Start and End are inside "${{ }}".
	InExpr bool
	// Refs are the references that the value may come from, in order.
	Refs []Ref

	kind valueKind
	// chosen reports that a condition that is known to be true selected the
	// value. If "c" is true in "c && a || b", the result is "a", even if it is
	// unknown whether "a" is empty. The authors of workflows use this form for
	// a choice.
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
	// Name is the path with dots, such as secrets.CR_PAT. The context is in
	// lower case. Unknown path elements are "*".
	Name string
	// Via is the value that the reference refers to, or nil if Lookup does not
	// know it.
	Via *Value
	// Source is the field Source of the value that Lookup returned. It identifies the
	// place that holds the text of Via.
	Source any
	// Key is the value of the last path element if an expression gives it, as
	// in secrets[matrix.name]. Otherwise it is nil.
	Key *Value
}

// Found is the text that a reference refers to.
type Found struct {
	Text   string
	Source any
}

// Lookup finds the text for a path such as ["env", "REGISTRY"]. It returns
// false if the text is unknown.
type Lookup func(path []string) (Found, bool)

// Eval evaluates text, which may contain any number of expressions.
func Eval(text string, lookup Lookup) Value {
	e := &evaluator{lookup: lookup, lookupsLeft: maxLookups}
	return e.text(text, 0)
}

// Part is a piece of a text: an expression with its delimiters, or the text
// between two expressions.
type Part struct {
	Start, End int
	Expr       bool
}

// Split divides a text into its expressions and the text between them. It
// respects quotes inside an expression. An expression without an end is plain
// text.
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
