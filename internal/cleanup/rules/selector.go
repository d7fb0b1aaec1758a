package rules

import (
	"slices"
	"strings"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/safe/lazy"
)

// Kind is the kind of a selector.
type Kind int

// A selector has one of these kinds.
const (
	Names  Kind = iota // Names selects tags by patterns, and versions by digests.
	SemVer             // SemVer selects releases beyond the newest of each line.
	Pulls              // Pulls selects the tags of closed pull requests.
	Branch             // Branch selects the tags of deleted branches.
)

// Selector is one line of the input "delete".
type Selector struct {
	// Line is the line as the user wrote it.
	Line      string
	Kind      Kind
	Patterns  []Pattern
	Digests   []string
	OlderThan time.Duration
	// Keep is the number of newest images or releases that stay, or [None].
	Keep int
	// Parts is the number of parts of a SemVer version that name its line: 0, 1 or 2.
	Parts int
	// Prereleases is the number of newest prereleases that stay in each line, or [None]
	// to keep all.
	Prereleases int
	// Superseded selects the prereleases whose release exists.
	Superseded bool
	// Prefix is the text before the number of a pull request.
	Prefix string
	// Match limits the tags that belong to branches.
	Match Pattern
}

// DefaultPrefix is the prefix of the tags of pull requests.
const DefaultPrefix = "pr-"

// attributes lists the attributes that each type of selector accepts. The key "" is for
// patterns.
var attributes = map[string][]string{
	"":       {"keep", "older-than"},
	"semver": {"type", "keep", "per", "prerelease", "older-than"},
	"pr":     {"type", "state", "prefix", "older-than"},
	"branch": {"type", "state", "match", "older-than"},
}

// fields is one line of patterns and attributes.
type fields struct {
	line     string
	patterns []string
	attrs    map[string]string
}

// split separates a line into patterns and attributes. The comma separates them. A
// regular expression at the start of the line can contain commas.
func (p *parser) split(input, line string) (fields, bool) {
	out, rest := fields{line: line, attrs: map[string]string{}}, line
	if strings.HasPrefix(line, "/") {
		end := strings.LastIndex(line, "/") + 1
		flags, after, _ := strings.Cut(line[end:], ",")
		out.patterns, rest = []string{line[:end] + strings.TrimSpace(flags)}, after
	}
	if strings.ContainsAny(rest, "{}") {
		p.fail(input, CodeSelector, "Write each alternative as a glob of its own, separated by commas: pr-1,pr-2. A regular expression also works: /^pr-(1|2)$/.", "%q contains braces, which no tag contains", short(line))
		return out, false
	}
	for _, field := range strings.Split(rest, ",") {
		field = strings.TrimSpace(field)
		name, value, isAttr := strings.Cut(field, "=")
		_, twice := out.attrs[name]
		switch {
		case field == "":
		case !isAttr:
			out.patterns = append(out.patterns, field)
		case twice:
			p.fail(input, CodeSelector, "Write each attribute once in a line.", "The line %q contains %s= twice", short(line), name)
			return out, false
		default:
			out.attrs[name] = value
		}
	}
	return out, true
}

// selector parses one line of the input "delete".
func (p *parser) selector(line string) Selector {
	s := Selector{Line: line, Keep: None, Prereleases: None}
	f, ok := p.split("delete", line)
	if !ok || !p.knownAttributes(f) {
		return s
	}
	if text, ok := f.attrs["older-than"]; ok {
		s.OlderThan = p.age("delete", "The attribute older-than= in "+quote(line), text)
	}
	switch f.attrs["type"] {
	case "":
		p.names(&s, f)
	case "semver":
		p.semver(&s, f)
	case "pr":
		p.state(f, "closed", "type=pr,state=closed")
		s.Kind, s.Prefix = Pulls, DefaultPrefix
		if prefix, ok := f.attrs["prefix"]; ok {
			s.Prefix = prefix
		}
	case "branch":
		p.state(f, "deleted", "type=branch,state=deleted,match=feature-*")
		s.Kind, s.Match = Branch, p.branchMatch(f)
	}
	return s
}

// knownAttributes checks the type and the names of the attributes of a line.
func (p *parser) knownAttributes(f fields) bool {
	kind, typed := f.attrs["type"]
	accepted, ok := attributes[kind]
	if !ok || typed && kind == "" {
		types := []string{"type=semver", "type=pr", "type=branch"}
		hint := didYouMean("type="+kind, types)
		if hint == "" {
			hint = "The types of the input tags do not select images to delete. "
		}
		p.fail("delete", CodeSelector, hint+"Write "+orList(types)+", or a glob such as pr-*.", "The line %q has the unknown type %q", short(f.line), short(kind))
		return false
	}
	for name := range f.attrs {
		if !slices.Contains(accepted, name) {
			p.fail("delete", CodeSelector, didYouMean(name, accepted)+attributeHint(name, accepted), "The line %q has the attribute %s=, which it does not accept", short(f.line), short(name))
			return false
		}
	}
	if typed && len(f.patterns) > 0 {
		p.fail("delete", CodeSelector, "Write the pattern and the type in two lines.", "The line %q contains the pattern %q and type=%s", short(f.line), short(f.patterns[0]), kind)
		return false
	}
	if !typed && len(f.patterns) == 0 {
		p.fail("delete", CodeSelector, "Start the line with a pattern, for example pr-*,keep=3.", "The line %q names no tags", short(f.line))
		return false
	}
	return true
}

// attributeHint lists the attributes that a line accepts. Some attributes are inputs, which
// a user can write in a line of their own.
func attributeHint(name string, accepted []string) string {
	inputs := []string{"untagged", "orphans", "broken", "keep-newest", "keep-used", "min-age", "max-delete", "age-from", "detach"}
	if slices.Contains(inputs, name) {
		return "Remove the attribute, and set the input " + name + "."
	}
	var list []string
	for _, one := range accepted {
		list = append(list, one+"=")
	}
	return "This line accepts " + orList(list) + "."
}

func (p *parser) names(s *Selector, f fields) {
	if text, ok := f.attrs["keep"]; ok {
		s.Keep = p.number("delete", "The attribute keep= in "+quote(f.line), text, "pr-*,keep=3")
	}
	s.Patterns, s.Digests = p.patterns("delete", f.patterns)
}

// patterns separates digests from globs and regular expressions.
func (p *parser) patterns(input string, texts []string) (patterns []Pattern, digests []string) {
	for _, text := range texts {
		switch {
		case !strings.HasPrefix(text, "sha256:"):
			patterns = append(patterns, p.pattern(input, text))
		case digest().MatchString(text):
			digests = append(digests, text)
		default:
			p.fail(input, CodeSelector, "Write sha256: and 64 hexadecimal digits in lower case.", "%q is not a digest", short(text))
		}
	}
	return patterns, digests
}

var digest = lazy.Regexp(`^sha256:[0-9a-f]{64}$`)

func (p *parser) semver(s *Selector, f fields) {
	const example = "type=semver,keep=3,per=minor"
	s.Kind = SemVer
	s.Keep = p.number("delete", "The attribute keep= in "+quote(f.line), f.attrs["keep"], example)
	parts := map[string]int{"": 0, "none": 0, "major": 1, "minor": 2}
	per, set := f.attrs["per"]
	n, ok := parts[per]
	if s.Parts = n; !ok || set && per == "" {
		hint := "Write per=major to keep releases of each major version, per=minor for each minor version, or per=none for all releases together."
		p.fail("delete", CodeSelector, hint, "The line %q contains per=%s", short(f.line), short(per))
	}
	switch pre, set := f.attrs["prerelease"]; {
	case !set, pre == "keep":
	case pre == "superseded":
		s.Superseded = true
	default:
		s.Prereleases = p.number("delete", "The attribute prerelease= in "+quote(f.line), pre, example+",prerelease=2, or write prerelease=keep or prerelease=superseded")
	}
}

func (p *parser) state(f fields, want, example string) {
	switch state, ok := f.attrs["state"]; {
	case !ok:
		p.fail("delete", CodeSelector, "Write "+example+".", "The line %q has no state=%s", short(f.line), want)
	case state != want:
		p.fail("delete", CodeSelector, "Write "+example+".", "The line %q contains state=%s, but only state=%s is possible", short(f.line), short(state), want)
	}
}

func (p *parser) branchMatch(f fields) Pattern {
	match := f.attrs["match"]
	if match == "" {
		p.fail("delete", CodeSelector, "Add match= with a glob for the tags that belong to branches, for example match=feature-*.", "The line %q has no match=", short(f.line))
		return Pattern{glob: nothing()}
	}
	return p.pattern("delete", match)
}

func quote(text string) string { return `"` + strings.ReplaceAll(short(text), "\n", " ") + `"` }
