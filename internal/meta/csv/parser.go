package csv

// step parses at least one byte of the input.
func (p *parser) step() error {
	if !p.inQuotes {
		p.detectDelimiter(p.pos)
	}
	c := p.in[p.pos]
	if p.inQuotes && c == '"' && p.at(p.pos+1) == '"' {
		p.appendText(`"`, 2)
		return nil
	}
	if c == '"' && !p.inComment {
		if done, err := p.quote(); done || err != nil {
			return err
		}
	}
	if !p.inQuotes && p.separator(c) {
		return nil
	}
	p.appendText(p.in[p.pos:p.pos+1], 1)
	return nil
}

// quote handles a double quote. The result "done" is false if the quote is text.
func (p *parser) quote() (done bool, err error) {
	switch {
	case p.inQuotes && p.closesField(p.pos+1):
		p.inQuotes, p.wasQuoted = false, true
		p.pos++
		return true, nil
	case p.inQuotes && !p.Relaxed:
		return false, ErrClosingQuote
	case p.inQuotes:
		// In relaxed mode, a field with text after the closing quote is not a quoted
		// field. The first quote of such a field is also text.
		p.inQuotes, p.wasQuoted = false, true
		p.field = append([]byte{'"'}, p.field...)
		return false, nil
	case len(p.field) == 0:
		p.inQuotes = true
		p.pos++
		return true, nil
	case !p.Relaxed:
		return false, ErrOpeningQuote
	}
	return false, nil
}

// closesField reports whether a quote directly before index i can end a field.
func (p *parser) closesField(i int) bool {
	if i >= len(p.in) {
		return true
	}
	c := p.in[i]
	return c == ',' || c == 0 || p.Comments && c == '#' || p.detectDelimiter(i) || p.eolAt(i)
}

// separator handles comments, and the separators of fields and records.
func (p *parser) separator(c byte) bool {
	switch {
	case p.eolAt(p.pos):
		p.endLine()
		p.pos += len(p.eol)
	case p.inComment:
		p.pos++
	case p.Comments && c == '#' && len(p.record) == 0 && len(p.field) == 0:
		p.inComment = true
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
	p.inComment = false
	if p.wasQuoted || len(p.record) > 0 || len(p.field) > 0 {
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
	p.wasQuoted = false
}

// appendText appends s to the current field, and skips n bytes of the input.
func (p *parser) appendText(s string, n int) {
	p.field = append(p.field, s...)
	p.pos += n
}

// detectDelimiter sets the record delimiter if the first line break is at index
// i. detectDelimiter reports whether it set the delimiter.
func (p *parser) detectDelimiter(i int) bool {
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

// at returns the byte at index i, or 0 after the end of the input.
func (p *parser) at(i int) byte {
	if i >= len(p.in) {
		return 0
	}
	return p.in[i]
}
