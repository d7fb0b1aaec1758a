package rules

import (
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/safe/lazy"
)

// Protection is one selector or reference of the inputs "keep" and "keep-used". Exactly
// one of the fields Pattern, Digest and Tag is set.
type Protection struct {
	// Source is the input and the line or the file that contains the protection.
	Source string
	// Repository limits the protection to one repository, such as ghcr.io/acme/web. An
	// empty Repository means each cleaned repository.
	Repository string
	Pattern    *Pattern
	Digest     string
	Tag        string
}

// protection parses one line of the inputs "keep" and "keep-used".
func (p *parser) protection(input, line string) []Protection {
	source := input + ": " + short(line)
	if isReference(line) {
		if out, ok := parseReference(line); ok {
			out.Source = source
			return []Protection{out}
		}
		p.fail(input, CodeSelector, "Write a tag or a digest after the name, for example ghcr.io/acme/web:1.2.", "%q is not a reference", short(line))
		return nil
	}
	f, ok := p.split(input, line)
	if !ok {
		return nil
	}
	for name := range f.attrs {
		hint := "Write only globs, regular expressions, digests and references. Write the line under the input delete if it limits the deletion, such as pr-*,keep=3."
		p.fail(input, CodeSelector, hint, "The line %q of the input %s contains the attribute %s=", short(line), input, name)
		return nil
	}
	patterns, digests := p.patterns(input, f.patterns)
	var out []Protection
	for _, pattern := range patterns {
		out = append(out, Protection{Source: source, Pattern: &pattern})
	}
	for _, d := range digests {
		out = append(out, Protection{Source: source, Digest: d})
	}
	return out
}

// isReference reports whether a line is the reference of an image, and no pattern. The
// first part of a reference is a host, or the line contains a digest after an @.
func isReference(line string) bool {
	if strings.HasPrefix(line, "/") {
		return false
	}
	host, _, slash := strings.Cut(line, "/")
	return strings.Contains(line, "@") || slash && (strings.ContainsAny(host, ".:") || host == "localhost")
}

// referenceForm is HOST/NAME, and an optional tag and digest.
var referenceForm = lazy.Regexp(`^([^@:\s]+(?::[0-9]+/[^@:\s]+)?)(?::([A-Za-z0-9_][A-Za-z0-9._-]*))?(?:@(sha256:[0-9a-f]{64}))?$`)

// parseReference parses a reference. A reference without tag and digest means the tag
// latest, as in Docker and Kubernetes. If a reference has a tag and a digest, the digest
// decides.
func parseReference(text string) (Protection, bool) {
	text = strings.TrimPrefix(text, "docker://")
	found := referenceForm().FindStringSubmatch(text)
	if found == nil {
		return Protection{}, false
	}
	out := Protection{Repository: strings.ToLower(found[1]), Tag: found[2], Digest: found[3]}
	if out.Digest != "" {
		out.Tag = ""
	} else if out.Tag == "" {
		out.Tag = "latest"
	}
	return out, true
}
