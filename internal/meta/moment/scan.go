package moment

import (
	"strings"
	"unicode/utf8"
)

// spellings are the tokens by their first letter, in the order in which they
// are tried. Some print nothing of their own, like "w|", but hold together.
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

// local are the tokens that stand for other formats.
var local = []struct{ token, format string }{
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

// expand replaces the localised tokens. Those in brackets or behind a
// backslash stay.
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

// localToken measures what comes next and says what it stands for, if it does.
func localToken(s string) (n int, replacement string) {
	unescaped := strings.TrimPrefix(s, `\`)
	for _, l := range local {
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

// next is the token, bracketed text or character at the beginning of s.
func next(s string) string {
	if b := bracketed(s); b != "" {
		return b
	}
	escape := 0
	if s[0] == '\\' && len(s) > 1 && s[1] != '\n' && s[1] != '\r' {
		escape = 1
	}
	for _, spelling := range spellings[s[escape]] {
		// Behind a backslash an e is alone.
		if strings.HasPrefix(s[escape:], spelling) && (escape == 0 || spelling != "eHHmm") {
			return s[:escape+len(spelling)]
		}
	}
	_, n := utf8.DecodeRuneInString(s[escape:])
	return s[:escape+n]
}

// bracketed is the literal text that s begins with, brackets included, or
// empty. It ends at the last bracket before another one opens.
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
