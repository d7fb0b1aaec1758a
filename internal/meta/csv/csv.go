// Package csv parses records in the same way as the Node.js library csv-parse
// with the options of docker/metadata-action.
//
// encoding/csv cannot replace this package. The tag language depends on details
// that RFC 4180 does not define, and encoding/csv and csv-parse differ in these
// details. The first line break determines the delimiter of all records. In
// relaxed mode, a quote becomes text if text follows the closing quote. A
// comment can start only at the start of a record. The parser is suitable only
// for short inputs, because it keeps the whole input in memory.
package csv

import (
	"errors"
	"fmt"
	"strings"
)

// Options selects how Parse treats quotes and comments.
type Options struct {
	// If Relaxed is true, misplaced quotes are text. If Relaxed is false,
	// misplaced quotes are errors.
	Relaxed bool
	// If Comments is true, Parse skips records that start with '#' in the first
	// column.
	Comments bool
}

// Each error of Parse wraps one of the following errors. In relaxed mode, only
// ErrOpenQuote is possible.
var (
	ErrOpeningQuote = errors.New(`a field contains a double quote, but does not begin with a double quote`)
	ErrClosingQuote = errors.New(`text follows a closing double quote`)
	ErrOpenQuote    = errors.New(`a closing double quote is missing`)
)

// Parse splits input into records of fields. The number of fields may differ between
// records. Parse skips empty lines. An error of Parse contains the number of the wrong
// line, and the first line has the number 1.
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

// parser holds the state of the parser between two characters.
type parser struct {
	Options
	in        string
	pos       int
	eol       string // eol is the record delimiter. eol is empty before the first line break.
	records   [][]string
	record    []string
	field     []byte
	inQuotes  bool // inQuotes is true if the position is inside a quoted field.
	wasQuoted bool // wasQuoted is true if the current field had a closing quote.
	inComment bool
}
