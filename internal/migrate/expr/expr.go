// Package expr evaluates GitHub Actions expressions, which are the texts in
// "${{ }}" (GitHub docs, "Evaluate expressions in workflows and actions"). The
// package computes each value that the text of a workflow determines, and
// records the origin of each value.
//
// The package is not the evaluator of the runner. Only a run knows the value of
// a secret, of an event or of the output of a step. For an unknown value, the
// package returns the reference to the value. The package also returns the part
// of the text that determines the value, so that an edit can replace this part.
package expr

import "strings"

// These limits keep the time and memory of one evaluation small. Without
// limits, a few lines of nested environment variables could need gigabytes.
// maxText is the maximum number of bytes of a value. maxLookups is the maximum
// number of references that one evaluation follows, and maxNesting is the
// maximum depth of these references. maxRefs is the maximum number of
// references of one value.
const (
	maxText       = 64 << 10
	maxLookups    = 1000
	maxNesting    = 8
	maxExpression = 21000 // GitHub has the same limit, in characters.
	maxRefs       = 64
)

// Value is the result of evaluating a text with expressions.
type Value struct {
	// Text is the exact value if Known is true. If Known is false, Text
	// contains only the known parts of the value.
	Text  string
	Known bool
	// Start and End are the offsets of the part of the text that determines the
	// value. In "${{ a && b || c }}", this part is "b" if "a" is known to be
	// true. In a text without expressions, the part is the whole text.
	Start, End int
	// InExpr is true if Start and End are inside "${{ }}".
	InExpr bool
	// Refs contains the references from which the value can come, in order.
	Refs []Ref

	kind valueKind
	// chosen is true if a condition selected the value, and if the condition is known to
	// be true. If "c" is true in "c && a || b", the result is "a", even if it is
	// unknown whether "a" is empty. Authors of workflows use this form to choose
	// between two values.
	chosen bool
}

type valueKind int

const (
	isString valueKind = iota
	isBool
	isNumber
	isNull
)

// Ref is one reference to a value of a context, such as secrets.CR_PAT.
type Ref struct {
	// Name is the path with dots, for example secrets.CR_PAT. The name of the context is
	// in lower case. For an unknown path element, Name contains "*".
	Name string
	// Via is the value to which the reference refers. Via is nil if Lookup does
	// not find the value.
	Via *Value
	// Source is a copy of the field Source that Lookup returned. The field Source
	// identifies the place of the text from which Via was evaluated.
	Source any
	// Key is the value of the last path element if the element is an
	// expression, for example in secrets[matrix.name]. Otherwise, Key is nil.
	Key *Value
}

// Found is the text to which a reference refers.
type Found struct {
	Text   string
	Source any
}

// Lookup finds the text for a path such as ["env", "REGISTRY"]. The boolean
// result is false if the text is unknown.
type Lookup func(path []string) (Found, bool)

// Eval evaluates a text that contains any number of expressions.
func Eval(text string, lookup Lookup) Value {
	e := &evaluator{lookup: lookup, lookupsLeft: maxLookups}
	return e.text(text, 0)
}

// Part is a part of a text. Part is either an expression with its delimiters,
// or the text between two expressions.
type Part struct {
	Start, End int
	Expr       bool
}

// Split divides a text into its expressions and the text between the
// expressions. Split ignores the delimiter "}}" inside of quotes. An expression
// without an end is plain text.
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
