// Package csv reads records the way the csv-parse library for Node.js does
// with the options docker/metadata-action gives it.
//
// encoding/csv cannot stand in: the language depends on details RFC 4180
// leaves open and the two libraries answer differently. The first line break
// found fixes the delimiter of all records, a quote that is closed too early
// becomes text again in relaxed mode, and a comment starts only where a record
// does. It is a parser for short, trusted-size inputs: everything is in memory,
// and the work is linear in the input.
package csv

import (
	"errors"
	"fmt"
	"strings"
)

// Options choose between the two passes of the tag language.
type Options struct {
	// Relaxed takes misplaced quotes as text; otherwise they are errors.
	Relaxed bool
	// Comments skips records that begin with '#', in their very first column.
	Comments bool
}

// The ways a record can be malformed in strict mode, and in both where a
// quote stays open.
var (
	ErrOpeningQuote = errors.New(`a double quote inside a field that does not begin with one`)
	ErrClosingQuote = errors.New(`text after a closing double quote`)
	ErrOpenQuote    = errors.New(`a double quote that is never closed`)
)

// Parse splits input into records of fields. Records may differ in length;
// empty lines are skipped. The error says in which line (from 1) it happened.
func Parse(input string, o Options) ([][]string, error) {
	p := parser{in: strings.ToValidUTF8(input, "\uFFFD"), Options: o}
	for p.pos < len(p.in) {
		if err := p.step(); err != nil {
			line := 1 + strings.Count(p.in[:p.pos], "\n")
			return nil, fmt.Errorf("line %d: %w", line, err)
		}
	}
	if p.quoting {
		return nil, ErrOpenQuote
	}
	if p.quoted || len(p.record) > 0 || len(p.field) > 0 {
		p.endRecord()
	}
	return p.records, nil
}

// parser is the state between two characters.
type parser struct {
	Options
	in         string
	pos        int
	eol        string // the record delimiter, once the first one was seen
	records    [][]string
	record     []string
	field      []byte
	quoting    bool // inside a quoted field
	quoted     bool // the field had a closing quote
	commenting bool
}
