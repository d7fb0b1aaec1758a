// Package jsre matches JavaScript regular expressions as String.prototype.match
// does. Patterns and texts are untrusted input.
//
// The engine is regexp2 in its ECMAScript mode, which still handles some
// features as .NET does. It supports inline options, atomic groups, \A and \z,
// and class subtraction, and numbers named groups last. This package rewrites
// or refuses these features. It also limits the time of each match. One
// difference remains. A group inside a repeated group keeps its text of an
// earlier iteration, but JavaScript clears this text.
package jsre

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/dlclark/regexp2"
)

// maxPattern is the length of the longest accepted pattern, in bytes.
const maxPattern = 4096

// Regexp is a compiled pattern. It is not safe for concurrent use.
type Regexp struct {
	re     *regexp2.Regexp
	global bool
}

// Group is one result of a match. With the flag g, each group is one match.
// Otherwise the first group is the match, and the others are the groups of the
// pattern. Set is false for a group that did not take part in the match.
type Group struct {
	Text string
	Set  bool
}

// Compile compiles a pattern with JavaScript's flags. It returns an error for
// an invalid pattern or flag, and for a pattern that is too long.
func Compile(pattern, flags string) (*Regexp, error) {
	if len(pattern) > maxPattern {
		return nil, fmt.Errorf("the pattern has %d bytes, but the maximum is %d", len(pattern), maxPattern)
	}
	options := regexp2.RegexOptions(regexp2.ECMAScript)
	for i, f := range flags {
		o, ok := flagOptions[f]
		if !ok || strings.ContainsRune(flags[:i], f) {
			return nil, fmt.Errorf("the flags %q are invalid; JavaScript has the flags d, g, i, m, s, u, v and y, and each is allowed once", flags)
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

// compile recovers from panics of the engine's parser.
func compile(pattern string, o regexp2.RegexOptions) (re *regexp2.Regexp, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("compiling the pattern: %v", r)
		}
	}()
	return regexp2.Compile(pattern, o)
}

// ErrTimeout is returned for a match that exceeds its time limit.
var ErrTimeout = errors.New("the pattern takes too long to match")

// Match searches for the pattern in text. If nothing matches, it returns no
// groups. It returns ErrTimeout if the search takes longer than limit.
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
