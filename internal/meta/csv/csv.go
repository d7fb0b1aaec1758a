// Package csv parses records as the csv-parse library for Node.js does, with
// the options of docker/metadata-action.
//
// encoding/csv cannot replace this package, because the tag language depends on
// details that RFC 4180 leaves open, and the two libraries differ in these
// details. The first line break determines the delimiter of all records. In
// relaxed mode, a quote that is closed too early becomes text. A comment can
// start only at the start of a record. The parser keeps the whole input in
// memory, and its time is linear in the size of the input, so it is suitable
// only for short inputs.
package csv

import (
	"errors"
	"fmt"
	"strings"
)

// Options selects one of the two parser passes of the tag language.
type Options struct {
	// Relaxed treats misplaced quotes as text. Without Relaxed, misplaced
	// quotes are errors.
	Relaxed bool
	// Comments skips records that start with '#' in the first column.
	Comments bool
}

// These are the errors of Parse. Strict mode can return all of them, and
// relaxed mode can return only ErrOpenQuote.
var (
	ErrOpeningQuote = errors.New(`a double quote inside a field without an opening double quote`)
	ErrClosingQuote = errors.New(`text after a closing double quote`)
	ErrOpenQuote    = errors.New(`a missing closing double quote`)
)

// Parse splits input into records of fields. The number of fields may differ
// between records. Parse skips empty lines. An error gives the line, which
// starts at 1.
func Parse(input string, o Options) ([][]string, error) {
	p := parser{in: strings.ToValidUTF8(input, "\uFFFD"), Options: o}
	for p.pos < len(p.in) {
		if err := p.step(); err != nil {
			line := 1 + strings.Count(p.in[:p.pos], "\n")
			return nil, fmt.Errorf("line %d: %w", line, err)
		}
	}
	if p.inQuotes {
		return nil, ErrOpenQuote
	}
	if p.wasQuoted || len(p.record) > 0 || len(p.field) > 0 {
		p.endRecord()
	}
	return p.records, nil
}

// parser holds the state between two characters.
type parser struct {
	Options
	in        string
	pos       int
	eol       string // the record delimiter, or empty before the first line break
	records   [][]string
	record    []string
	field     []byte
	inQuotes  bool // the position is inside a quoted field
	wasQuoted bool // the current field had a closing quote
	inComment bool
}
