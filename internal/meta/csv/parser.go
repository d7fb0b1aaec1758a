package csv

// step consumes at least one byte.
func (p *parser) step() error {
	if !p.quoting {
		p.discover(p.pos)
	}
	c := p.in[p.pos]
	if p.quoting && c == '"' && p.at(p.pos+1) == '"' {
		p.text(`"`, 2)
		return nil
	}
	if c == '"' && !p.commenting {
		if done, err := p.quote(); done || err != nil {
			return err
		}
	}
	if !p.quoting && p.structure(c) {
		return nil
	}
	p.text(p.in[p.pos:p.pos+1], 1)
	return nil
}

// quote handles a double quote and reports whether it was punctuation.
func (p *parser) quote() (done bool, err error) {
	switch {
	case p.quoting && p.closes(p.pos+1):
		p.quoting, p.quoted = false, true
		p.pos++
		return true, nil
	case p.quoting && !p.Relaxed:
		return false, ErrClosingQuote
	case p.quoting:
		// Relaxed: the field was no quoted one after all, so its first quote
		// was text too.
		p.quoting, p.quoted = false, true
		p.field = append([]byte{'"'}, p.field...)
		return false, nil
	case len(p.field) == 0:
		p.quoting = true
		p.pos++
		return true, nil
	case !p.Relaxed:
		return false, ErrOpeningQuote
	}
	return false, nil
}

// closes reports whether a quote before index i may end a field.
func (p *parser) closes(i int) bool {
	if i >= len(p.in) {
		return true
	}
	c := p.in[i]
	return c == ',' || c == 0 || p.Comments && c == '#' || p.discover(i) || p.eolAt(i)
}

// structure handles what separates fields and records, and comments.
func (p *parser) structure(c byte) bool {
	switch {
	case p.eolAt(p.pos):
		p.endLine()
		p.pos += len(p.eol)
	case p.commenting:
		p.pos++
	case p.Comments && c == '#' && len(p.record) == 0 && len(p.field) == 0:
		p.commenting = true
		p.pos++
	case c == ',':
		p.endField()
		p.pos++
	default:
		return false
	}
	return true
}

func (p *parser) endLine() {
	p.commenting = false
	if p.quoted || len(p.record) > 0 || len(p.field) > 0 {
		p.endRecord()
	}
}

func (p *parser) endRecord() {
	p.endField()
	p.records = append(p.records, p.record)
	p.record = nil
}

func (p *parser) endField() {
	p.record = append(p.record, string(p.field))
	p.field = p.field[:0]
	p.quoted = false
}

// text adds s to the field and moves on by n bytes.
func (p *parser) text(s string, n int) {
	p.field = append(p.field, s...)
	p.pos += n
}

// discover fixes the record delimiter by the first line break it is shown and
// reports whether it did so now.
func (p *parser) discover(i int) bool {
	if p.eol != "" {
		return false
	}
	switch {
	case p.at(i) == '\r' && p.at(i+1) == '\n':
		p.eol = "\r\n"
	case p.at(i) == '\n', p.at(i) == '\r':
		p.eol = p.in[i : i+1]
	}
	return p.eol != ""
}

func (p *parser) eolAt(i int) bool {
	n := len(p.eol)
	return n > 0 && i+n <= len(p.in) && p.in[i:i+n] == p.eol
}

// at is the byte at index i, or 0 past the end.
func (p *parser) at(i int) byte {
	if i >= len(p.in) {
		return 0
	}
	return p.in[i]
}
