package moment

import (
	"strings"
	"unicode/utf8"
)

// spellings lists the tokens by their first letter, in the order in which the scanner
// tries them. Some entries of spellings, such as "w|", are not real tokens. The scanner
// also matches such an entry as one token, and Format prints the entry as text.
var spellings = map[byte][]string{
	'e': {"eHHmm", "e"},
	'H': {"Hmmss", "Hmm", "HH", "H"},
	'h': {"hmmss", "hmm", "hh", "h"},
	'M': {"Mo", "MMMM", "MMM", "MM", "M"},
	'D': {"Do", "DDDo", "DDDD", "DDD", "DD", "D"},
	'd': {"dddd", "ddd", "dd", "do", "d"},
	'w': {"wo", "w|", "ww", "w"},
	'W': {"Wo", "W|", "WW", "W"},
	'Q': {"Qo", "Q"},
	'N': {"NNNNN", "NNNN", "NNN", "NN", "N"},
	'Y': {"YYYYYY", "YYYYY", "YYYY", "YY", "Y"},
	'y': {"yyyy", "yyy", "yy", "yo", "y"},
	'g': {"ggggg", "gggg", "gg"},
	'G': {"GGGGG", "GGGG", "GG"},
	'k': {"kk", "k"},
	'm': {"mm", "m"},
	's': {"ss", "s"},
	'S': {"SSSSSSSSS", "SSSSSSSS", "SSSSSSS", "SSSSSS", "SSSSS", "SSSS", "SSS", "SS", "S"},
	'z': {"zz", "z"},
	'Z': {"ZZ", "Z"},
}

// localFormats lists the tokens that represent other formats.
var localFormats = []struct{ token, format string }{
	{"LTS", "h:mm:ss A"},
	{"LT", "h:mm A"},
	{"LLLL", "dddd, MMMM D, YYYY h:mm A"},
	{"LLL", "MMMM D, YYYY h:mm A"},
	{"LL", "MMMM D, YYYY"},
	{"L", "MM/DD/YYYY"},
	{"llll", "ddd, MMM D, YYYY h:mm A"},
	{"lll", "MMM D, YYYY h:mm A"},
	{"ll", "MMM D, YYYY"},
	{"l", "M/D/YYYY"},
}

// expand replaces the localized tokens in a format. expand does not replace
// tokens in brackets or after a backslash.
func expand(format string) string {
	if !strings.ContainsAny(format, "Ll") {
		return format
	}
	var out strings.Builder
	for rest := format; rest != ""; {
		n := len(bracketed(rest))
		if n == 0 {
			var replacement string
			if n, replacement = localToken(rest); replacement != "" {
				out.WriteString(replacement)
				rest = rest[n:]
				continue
			}
		}
		out.WriteString(rest[:n])
		rest = rest[n:]
	}
	return out.String()
}

// localToken returns the length of the token at the start of s, and its
// replacement if s starts with a localized token.
func localToken(s string) (n int, replacement string) {
	unescaped := strings.TrimPrefix(s, `\`)
	for _, l := range localFormats {
		if !strings.HasPrefix(unescaped, l.token) {
			continue
		}
		n = len(s) - len(unescaped) + len(l.token)
		if len(unescaped) == len(s) {
			return n, l.format
		}
		return n, ""
	}
	return 1, ""
}

// next returns the first part of s. The returned part is a token, a text in
// brackets, or a single character.
func next(s string) string {
	if b := bracketed(s); b != "" {
		return b
	}
	escape := 0
	if s[0] == '\\' && len(s) > 1 && s[1] != '\n' && s[1] != '\r' {
		escape = 1
	}
	for _, spelling := range spellings[s[escape]] {
		// After a backslash, Moment.js matches "e" but not "eHHmm".
		if strings.HasPrefix(s[escape:], spelling) && (escape == 0 || spelling != "eHHmm") {
			return s[:escape+len(spelling)]
		}
	}
	_, n := utf8.DecodeRuneInString(s[escape:])
	return s[:escape+n]
}

// bracketed returns the literal text at the start of s with its brackets, or "".
// The literal text ends at the last closing bracket before the next opening
// bracket.
func bracketed(s string) string {
	if s[0] != '[' {
		return ""
	}
	inner := s[1:]
	if i := strings.IndexByte(inner, '['); i >= 0 {
		inner = inner[:i]
	}
	end := strings.LastIndexByte(inner, ']')
	if end < 0 {
		return ""
	}
	return s[:end+2]
}
