// Package moment formats times in the same way as Moment.js 2 in its English
// locale. The package supports all tokens in the documentation of Moment.js,
// [literals], backslashes, and localized formats such as LT and L.
//
// The package does not parse times. The package reads time zones from the files
// of the host, or from the database in the program if the host has no such
// files. For example, Windows and images without an operating system have no
// time zone files.
package moment

import (
	"strings"
	"time"
)

// Format formats t with a precision of milliseconds. For an empty format, Format
// returns the time in ISO 8601 without fractions of seconds.
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

// isoFormat returns the format that replaces an empty format. The result of the
// format ends in Z only if the zone is known and has no offset from UTC at the
// time m.
func (m instant) isoFormat() string {
	if _, offset := m.t.Zone(); m.zone.Known() && offset == 0 {
		return "YYYY-MM-DDTHH:mm:ss[Z]"
	}
	return "YYYY-MM-DDTHH:mm:ssZ"
}

// print returns the value of a token. For text that is not a token, print
// returns the text without its escapes.
func (m instant) print(token string) string {
	if fn, ok := tokens[token]; ok {
		return fn(m)
	}
	return plain(token)
}

// plain returns a text without its brackets or backslashes. Outside brackets,
// plain also removes line breaks, because Moment.js does not print line breaks.
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
