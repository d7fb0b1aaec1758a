// Package jsre matches JavaScript regular expressions as String.prototype.match
// does. Patterns and texts are untrusted input.
//
// The engine is regexp2 in its ECMAScript mode. In this mode, regexp2 still has features
// of .NET that JavaScript does not have. Examples are inline options, atomic groups, \A,
// \z, class subtraction, and another order of group numbers. Package jsre rewrites or
// refuses such features. Package jsre also limits the time of each match. One difference
// to JavaScript remains. In regexp2, a group inside a repeated group keeps the text of an
// earlier iteration, but JavaScript clears this text.
package jsre

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/dlclark/regexp2"
)

// maxPattern is the maximum length of a pattern, in bytes.
const maxPattern = 4096

// Regexp is a compiled pattern. Only one goroutine can use a Regexp at a time.
type Regexp struct {
	re     *regexp2.Regexp
	global bool
}

// Group is one result of a match. With the flag g, each Group is one match.
// Without the flag g, the first Group is the complete match, and the next Groups
// are the groups of the pattern. Set is false for a group that did not take part
// in the match.
type Group struct {
	Text string
	Set  bool
}

// Compile compiles a pattern with JavaScript's flags. Compile returns an error
// for an invalid pattern, for an invalid flag, and for a pattern that is too
// long.
func Compile(pattern, flags string) (*Regexp, error) {
	if len(pattern) > maxPattern {
		return nil, fmt.Errorf("the pattern has %d bytes, but the maximum is %d bytes", len(pattern), maxPattern)
	}
	options := regexp2.RegexOptions(regexp2.ECMAScript)
	for i, f := range flags {
		o, ok := flagOptions[f]
		if !ok || strings.ContainsRune(flags[:i], f) {
			return nil, fmt.Errorf("the flags %q are invalid, because only the flags d, g, i, m, s, u, v and y are possible, each of them once", flags)
		}
		options |= o
	}
	translated, err := translate(pattern, options&regexp2.Unicode != 0)
	if err != nil {
		return nil, err
	}
	if strings.ContainsRune(flags, 'y') {
		translated = `\G(?:` + translated + `)`
	}
	re, err := compile(translated, options)
	if err != nil {
		return nil, err
	}
	return &Regexp{re: re, global: strings.ContainsRune(flags, 'g')}, nil
}

var flagOptions = map[rune]regexp2.RegexOptions{
	'd': 0, 'g': 0, 'y': 0,
	'i': regexp2.IgnoreCase, 'm': regexp2.Multiline, 's': regexp2.Singleline,
	'u': regexp2.Unicode, 'v': regexp2.Unicode,
}

// compile returns an error if the engine's parser panics.
func compile(pattern string, o regexp2.RegexOptions) (re *regexp2.Regexp, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("compiling the pattern: %v", r)
		}
	}()
	return regexp2.Compile(pattern, o)
}

// ErrTimeout is the error for a match that exceeds its time limit.
var ErrTimeout = errors.New("the match of the pattern takes too long")

// Match searches for the pattern in text. If nothing matches, Match returns no
// groups. If the search takes longer than limit, Match returns ErrTimeout.
func (r *Regexp) Match(text string, limit time.Duration) (groups []Group, err error) {
	defer func() {
		if p := recover(); p != nil {
			groups, err = nil, fmt.Errorf("matching the pattern: %v", p)
		}
	}()
	end := time.Now().Add(limit)
	r.re.MatchTimeout = limit
	m, err := r.re.FindStringMatch(text)
	for err == nil && m != nil {
		if !r.global {
			return all(m), nil
		}
		groups = append(groups, Group{m.String(), true})
		if time.Now().After(end) {
			return nil, ErrTimeout
		}
		m, err = r.re.FindNextMatch(m)
	}
	if err != nil {
		return nil, ErrTimeout
	}
	return groups, nil
}

func all(m *regexp2.Match) []Group {
	var out []Group
	for _, g := range m.Groups() {
		out = append(out, Group{g.String(), len(g.Captures) > 0})
	}
	return out
}
