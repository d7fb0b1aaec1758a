// Package link reads the header Link of an HTTP response (RFC 8288). Registries and
// GitHub's API write the address of the next page into this header.
package link

import (
	"net/http"
	"strings"
)

// Target returns the address of the first link with the relation, for example "next". If
// the response has no such link, Target returns "". Target ignores the rest of a header
// that does not follow the grammar.
func Target(h http.Header, relation string) string {
	for _, text := range h.Values("Link") {
		s := &scanner{text}
		for {
			address, ok := s.address()
			if !ok {
				break
			}
			if s.relates(relation) {
				return address
			}
		}
	}
	return ""
}

// scanner contains the rest of a header.
type scanner struct{ rest string }

// blanks are the characters that RFC 8288 permits around the separators.
const blanks = " \t"

// skip removes blanks and the separators from the start of the rest.
func (s *scanner) skip(separators string) { s.rest = strings.TrimLeft(s.rest, blanks+separators) }

// address returns the next address, which is between < and >.
func (s *scanner) address() (string, bool) {
	s.skip(",")
	text, ok := strings.CutPrefix(s.rest, "<")
	if !ok {
		return "", false
	}
	address, rest, ok := strings.Cut(text, ">")
	s.rest = rest
	return address, ok
}

// relates reads the parameters of one link. It reports whether the first parameter "rel"
// contains the relation. RFC 8288 ignores all other parameters with this name.
func (s *scanner) relates(relation string) bool {
	found, seen := false, false
	for s.skip(""); strings.HasPrefix(s.rest, ";"); s.skip("") {
		s.skip(";")
		name, value := s.parameter()
		if seen || !strings.EqualFold(name, "rel") {
			continue
		}
		seen = true
		for each := range strings.FieldsSeq(value) {
			found = found || strings.EqualFold(each, relation)
		}
	}
	return found
}

// parameter returns the next parameter. The value can be in quotation marks.
func (s *scanner) parameter() (name, value string) {
	end := len(s.rest)
	if i := strings.IndexAny(s.rest, "=;,"); i >= 0 {
		end = i
	}
	name, s.rest = strings.TrimRight(s.rest[:end], blanks), s.rest[end:]
	rest, ok := strings.CutPrefix(s.rest, "=")
	if !ok {
		return name, ""
	}
	s.rest = strings.TrimLeft(rest, blanks)
	if strings.HasPrefix(s.rest, `"`) {
		return name, s.quoted()
	}
	end = len(s.rest)
	if i := strings.IndexAny(s.rest, ";,"); i >= 0 {
		end = i
	}
	value, s.rest = strings.TrimRight(s.rest[:end], blanks), s.rest[end:]
	return name, value
}

// quoted returns the text between two quotation marks. A backslash before a character
// removes the special meaning of the character.
func (s *scanner) quoted() string {
	var out strings.Builder
	for i := 1; i < len(s.rest); i++ {
		switch c := s.rest[i]; {
		case c == '"':
			s.rest = s.rest[i+1:]
			return out.String()
		case c == '\\' && i+1 < len(s.rest):
			i++
			out.WriteByte(s.rest[i])
		default:
			out.WriteByte(c)
		}
	}
	s.rest = ""
	return out.String()
}
