// Package moment formats times as Moment.js 2 does in its English locale:
// every token of its documentation, [literals], backslashes and the localised
// LT and L families.
//
// It only formats. Time zones come from the host or, where it has none (Windows,
// images made from scratch), from the copy of the database in the program.
package moment

import (
	"strings"
	"time"
)

// Format prints t, to the millisecond, as the format says. An empty format is
// ISO 8601 without fractions.
func Format(t time.Time, zone Zone, format string) string {
	m := instant{t: t.Truncate(time.Millisecond).In(zone.location), zone: zone}
	if format == "" {
		format = m.isoFormat()
	}
	var out strings.Builder
	for rest := expand(format); rest != ""; {
		token := next(rest)
		rest = rest[len(token):]
		out.WriteString(m.print(token))
	}
	return out.String()
}

type instant struct {
	t    time.Time
	zone Zone
}

// isoFormat is the format of an empty one; only a known zone that is UTC at
// the time is written Z.
func (m instant) isoFormat() string {
	if _, offset := m.t.Zone(); m.zone.Known() && offset == 0 {
		return "YYYY-MM-DDTHH:mm:ss[Z]"
	}
	return "YYYY-MM-DDTHH:mm:ssZ"
}

// print is a token's value, or the text that is no token.
func (m instant) print(token string) string {
	if fn, ok := tokens[token]; ok {
		return fn(m)
	}
	return plain(token)
}

// plain is what is left of a text: without its brackets or backslashes, and
// without line breaks, which formats never print outside of brackets.
func plain(s string) string {
	if len(s) > 1 && s[0] == '[' {
		return strings.TrimSuffix(s[1:], "]")
	}
	switch s {
	case "\n", "\r", "\u2028", "\u2029":
		return ""
	}
	return strings.ReplaceAll(s, `\`, "")
}
