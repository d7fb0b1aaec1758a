package jsre

import (
	"errors"
	"fmt"
	"strings"
)

// translator rewrites a pattern for the engine.
type translator struct {
	in      string
	pos     int
	out     strings.Builder
	unicode bool
	names   map[string]int
}

func translate(pattern string, unicode bool) (string, error) {
	names, err := groupNames(pattern)
	if err != nil {
		return "", err
	}
	t := &translator{in: pattern, unicode: unicode, names: names}
	for t.pos < len(t.in) {
		if err := t.step(); err != nil {
			return "", err
		}
	}
	return t.out.String(), nil
}

func (t *translator) step() error {
	switch rest := t.in[t.pos:]; rest[0] {
	case '\\':
		return t.escape(false)
	case '[':
		return t.class()
	case '(':
		return t.group(rest)
	default:
		t.copy(1)
	}
	return nil
}

// copy passes n bytes on.
func (t *translator) copy(n int) {
	n = min(n, len(t.in)-t.pos)
	t.out.WriteString(t.in[t.pos : t.pos+n])
	t.pos += n
}

// group numbers named groups in their order and refuses what JavaScript lacks.
func (t *translator) group(rest string) error {
	for _, known := range []string{"(?:", "(?=", "(?!", "(?<=", "(?<!"} {
		if strings.HasPrefix(rest, known) {
			t.copy(len(known))
			return nil
		}
	}
	if !strings.HasPrefix(rest, "(?") {
		t.copy(1)
		return nil
	}
	name, ok := groupName(rest)
	if !ok {
		return fmt.Errorf("%q opens no group that JavaScript knows", rest[:min(len(rest), 4)])
	}
	t.out.WriteByte('(')
	t.pos += len("(?<>") + len(name)
	return nil
}

// class copies a set like [a-z]; an opening bracket inside is no punctuation.
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
	return errors.New("a set that [ opens is never closed by ]")
}

// escape handles a backslash. Letters that mean nothing to JavaScript stand
// for themselves.
func (t *translator) escape(inClass bool) error {
	if t.pos+1 >= len(t.in) {
		return errors.New(`a backslash at the end of the pattern`)
	}
	c := t.in[t.pos+1]
	switch {
	case c == 'k' && !inClass && len(t.names) > 0:
		return t.reference()
	case strings.IndexByte("pP", c) >= 0 && t.unicode:
		t.copy(2)
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

// reference turns \k<name> into the number of the group.
func (t *translator) reference() error {
	rest := t.in[t.pos+2:]
	end := strings.IndexByte(rest, '>')
	if !strings.HasPrefix(rest, "<") || end < 0 {
		return errors.New(`\k without a <name>`)
	}
	number, ok := t.names[rest[1:end]]
	if !ok {
		return fmt.Errorf(`\k<%s> refers to no group`, rest[1:end])
	}
	fmt.Fprintf(&t.out, `(?:\%d)`, number)
	t.pos += 2 + end + 1
	return nil
}

// groupNames numbers the named groups by their place among all groups.
func groupNames(pattern string) (map[string]int, error) {
	names := map[string]int{}
	count, inClass := 0, false
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
				return nil, fmt.Errorf("the group name %q is used twice", name)
			}
			if named {
				names[name] = count
			}
		}
	}
	return names, nil
}

// groupName reads (?<name>.
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
