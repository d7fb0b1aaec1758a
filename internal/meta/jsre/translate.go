package jsre

import (
	"errors"
	"fmt"
	"strings"
)

// translator rewrites a JavaScript pattern for the engine regexp2.
type translator struct {
	in      string
	pos     int
	out     strings.Builder
	unicode bool
	names   map[string]int
	groups  int
	// The field "open" holds one value for each open group. The value is true if the
	// group is an assertion that cannot be repeated.
	open []bool
	// afterAssertion is true directly after an assertion, because a quantifier
	// must not follow an assertion.
	afterAssertion bool
}

func translate(pattern string, unicode bool) (string, error) {
	names, groups, err := groupNames(pattern)
	if err != nil {
		return "", err
	}
	t := &translator{in: pattern, unicode: unicode, names: names, groups: groups}
	for t.pos < len(t.in) {
		if err := t.step(); err != nil {
			return "", err
		}
	}
	return t.out.String(), nil
}

func (t *translator) step() error {
	rest := t.in[t.pos:]
	if t.afterAssertion && quantifier(rest) {
		return fmt.Errorf("%q has nothing to repeat", rest[:1])
	}
	t.afterAssertion = strings.IndexByte("^$", rest[0]) >= 0
	switch rest[0] {
	case '\\':
		t.afterAssertion = strings.HasPrefix(rest, `\b`) || strings.HasPrefix(rest, `\B`)
		return t.escape(false)
	case '[':
		return t.class()
	case '(':
		return t.group(rest)
	case ')':
		n := len(t.open) - 1
		if n < 0 {
			return errors.New("a closing parenthesis has no opening parenthesis")
		}
		t.afterAssertion, t.open = t.open[n], t.open[:n]
	case '{', '}', ']':
		if t.unicode && !quantifier(rest) {
			return fmt.Errorf("a pattern with the flag u or v must contain a backslash before %q", rest[:1])
		}
		if t.unicode {
			t.copy(strings.IndexByte(rest, '}'))
		}
	}
	t.copy(1)
	return nil
}

// quantifier reports whether s starts with a quantifier.
func quantifier(s string) bool {
	if strings.IndexByte("*+?", s[0]) >= 0 {
		return true
	}
	inner, _, closed := strings.Cut(s[1:], "}")
	low, high, _ := strings.Cut(inner, ",")
	return s[0] == '{' && closed && low != "" && strings.Trim(low+high, "0123456789") == ""
}

// copy writes n bytes of the pattern unchanged.
func (t *translator) copy(n int) {
	n = min(n, len(t.in)-t.pos)
	t.out.WriteString(t.in[t.pos : t.pos+n])
	t.pos += n
}

// group translates the start of a group. A named group becomes a numbered group, so that
// all groups have numbers in the order of the pattern. If JavaScript does not have this
// kind of group, the method "group" returns an error.
func (t *translator) group(rest string) error {
	for _, known := range []string{"(?:", "(?=", "(?!", "(?<=", "(?<!"} {
		if strings.HasPrefix(rest, known) {
			// For compatibility, JavaScript accepts a quantifier after a
			// lookahead, except with the flags u and v.
			ahead := known == "(?=" || known == "(?!"
			t.open = append(t.open, known != "(?:" && (t.unicode || !ahead))
			t.copy(len(known))
			return nil
		}
	}
	t.open = append(t.open, false)
	if !strings.HasPrefix(rest, "(?") {
		t.copy(1)
		return nil
	}
	name, ok := groupName(rest)
	if !ok {
		return fmt.Errorf("%q is not the start of a JavaScript group", rest[:min(len(rest), 4)])
	}
	t.out.WriteByte('(')
	t.pos += len("(?<>") + len(name)
	return nil
}

// class copies a character class such as [a-z]. class escapes an opening bracket
// inside the character class, because the engine would treat the bracket as a
// subtraction.
func (t *translator) class() error {
	t.copy(1)
	if strings.HasPrefix(t.in[t.pos:], "^") {
		t.copy(1)
	}
	for t.pos < len(t.in) {
		switch t.in[t.pos] {
		case ']':
			t.copy(1)
			return nil
		case '[':
			t.out.WriteByte('\\')
			t.copy(1)
		case '\\':
			if err := t.escape(true); err != nil {
				return err
			}
		default:
			t.copy(1)
		}
	}
	return errors.New("a character class has no closing ]")
}

// escape handles a backslash. After a backslash, a letter without a meaning in
// JavaScript represents itself.
func (t *translator) escape(inClass bool) error {
	if t.pos+1 >= len(t.in) {
		return errors.New(`the pattern ends with a backslash`)
	}
	c := t.in[t.pos+1]
	switch {
	case c == 'k' && !inClass && (len(t.names) > 0 || t.unicode):
		return t.reference()
	case !inClass && c == 'b':
		t.replace(boundary)
	case !inClass && c == 'B':
		t.replace(noBoundary)
	case t.unicode && t.forbidden(c, inClass) != nil:
		return t.forbidden(c, inClass)
	case strings.IndexByte("pP", c) >= 0 && t.unicode:
		t.copy(max(2, 1+strings.IndexByte(t.in[t.pos:], '}')))
	case strings.IndexByte("bBcdDfnrsStvwWxu", c) >= 0:
		t.copy(2)
	case 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z':
		t.out.WriteByte(c)
		t.pos += 2
	default:
		t.copy(2)
	}
	return nil
}

// forbidden returns an error if the flags u and v forbid a backslash before c.
func (t *translator) forbidden(c byte, inClass bool) error {
	switch {
	case c == '0' && t.pos+2 < len(t.in) && strings.Trim(t.in[t.pos+2:t.pos+3], "0123456789") == "":
		return errors.New(`\0 before a digit is not allowed with the flags u and v`)
	case '1' <= c && c <= '9' && int(c-'0') > t.groups:
		return fmt.Errorf(`\%c refers to no group`, c)
	case !strictEscape(c, inClass):
		return fmt.Errorf(`\%c is not an escape with the flags u and v`, c)
	}
	return nil
}

// The following patterns replace \b and \B, because the engine would treat
// letters outside ASCII as word characters.
const (
	boundary   = `(?:(?<=\w)(?!\w)|(?<!\w)(?=\w))`
	noBoundary = `(?:(?<=\w)(?=\w)|(?<!\w)(?!\w))`
)

// replace writes s instead of a backslash and the letter after the backslash.
func (t *translator) replace(s string) {
	t.out.WriteString(s)
	t.pos += 2
}

// strictEscape reports whether a backslash before c has a meaning with the flag
// u.
func strictEscape(c byte, inClass bool) bool {
	return strings.IndexByte("^$\\.*+?()[]{}|/bBcdDfnpPrsStvwWxu0123456789", c) >= 0 && (!inClass || c != 'B') || inClass && c == '-'
}

// reference replaces \k<name> by the number of the group.
func (t *translator) reference() error {
	rest := t.in[t.pos+2:]
	end := strings.IndexByte(rest, '>')
	if !strings.HasPrefix(rest, "<") || end < 0 {
		return errors.New(`a \k has no <name>`)
	}
	number, ok := t.names[rest[1:end]]
	if !ok {
		return fmt.Errorf(`\k<%s> refers to no group`, rest[1:end])
	}
	fmt.Fprintf(&t.out, `(?:\%d)`, number)
	t.pos += 2 + end + 1
	return nil
}

// groupNames returns the numbers of the named groups and the number of all
// groups. groupNames counts all groups in the order of the pattern.
func groupNames(pattern string) (names map[string]int, count int, err error) {
	names = map[string]int{}
	inClass := false
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; {
		case c == '\\':
			i++
		case c == '[':
			inClass = true
		case c == ']':
			inClass = false
		case c == '(' && !inClass:
			name, named := groupName(pattern[i:])
			if named || !strings.HasPrefix(pattern[i:], "(?") {
				count++
			}
			if _, twice := names[name]; twice && named {
				return nil, 0, fmt.Errorf("the group name %q is not unique", name)
			}
			if named {
				names[name] = count
			}
		}
	}
	return names, count, nil
}

// groupName parses (?<name>.
func groupName(s string) (string, bool) {
	rest, ok := strings.CutPrefix(s, "(?<")
	end := strings.IndexByte(rest, '>')
	if !ok || end <= 0 || strings.ContainsAny(rest[:1], "=!0123456789") {
		return "", false
	}
	name := rest[:end]
	for _, r := range name {
		if r < 0x80 && r != '_' && r != '$' && !('0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z') {
			return "", false
		}
	}
	return name, true
}
