// Package moment formats times as Moment.js 2 does in its English locale. It
// supports all tokens of Moment's documentation, [literals], backslashes and
// the localized formats such as LT and L.
//
// It does not parse times. It reads time zones from the host. If the host has
// no zone files, it uses the database in the program. Windows and images
// without an operating system have no zone files.
package moment

import (
	"strings"
	"time"
)

// Format formats t with a precision of milliseconds. An empty format gives ISO
// 8601 without fractions.
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

// isoFormat returns the format that replaces an empty format. The format ends
// in Z only if the zone is known and has no offset from UTC at the time of m.
func (m instant) isoFormat() string {
	if _, offset := m.t.Zone(); m.zone.Known() && offset == 0 {
		return "YYYY-MM-DDTHH:mm:ss[Z]"
	}
	return "YYYY-MM-DDTHH:mm:ssZ"
}

// print returns the value of a token. For text that is not a token, it returns
// the text without its escapes.
func (m instant) print(token string) string {
	if fn, ok := tokens[token]; ok {
		return fn(m)
	}
	return plain(token)
}

// plain returns a text without its brackets or backslashes. Outside brackets it
// also removes line breaks, which Moment.js does not print.
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
