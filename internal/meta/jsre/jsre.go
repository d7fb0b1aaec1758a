// Package jsre matches JavaScript regular expressions, as String.prototype.match
// does, on text that a stranger may have chosen.
//
// The engine is regexp2 in its ECMAScript mode; this package takes away what
// that still reads in the .NET way (named groups numbered last, inline options,
// atomic groups, \A and \z, class subtraction) and bounds every match in time.
// One difference stays: a group inside a repeated one keeps what it matched in
// an earlier round, where JavaScript forgets it.
package jsre

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/dlclark/regexp2"
)

// maxPattern is the longest pattern accepted, in bytes.
const maxPattern = 4096

// Regexp is a compiled pattern. It is not safe for concurrent use.
type Regexp struct {
	re     *regexp2.Regexp
	global bool
}

// Group is one result: with the flag g each is a match, otherwise the first is
// the match and the others its groups. Set is false for a group that took no
// part.
type Group struct {
	Text string
	Set  bool
}

// Compile reads a pattern with JavaScript's flags.
func Compile(pattern, flags string) (*Regexp, error) {
	if len(pattern) > maxPattern {
		return nil, fmt.Errorf("the pattern has %d characters, more than %d", len(pattern), maxPattern)
	}
	options := regexp2.RegexOptions(regexp2.ECMAScript)
	for i, f := range flags {
		o, ok := flagOptions[f]
		if !ok || strings.ContainsRune(flags[:i], f) {
			return nil, fmt.Errorf("the flags %q are not JavaScript's (d, g, i, m, s, u, v and y, each once)", flags)
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

// compile guards against patterns that the engine's parser cannot take.
func compile(pattern string, o regexp2.RegexOptions) (re *regexp2.Regexp, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("compiling the pattern: %v", r)
		}
	}()
	return regexp2.Compile(pattern, o)
}

// ErrTimeout is returned for a match that took longer than allowed.
var ErrTimeout = errors.New("the pattern takes too long to match")

// Match finds the pattern in text within the time given. No match is no
// groups.
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
