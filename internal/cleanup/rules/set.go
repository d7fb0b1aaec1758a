package rules

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/lazy"
)

// Set is the value of the input "cleanup" of the commands that publish: the rules of the
// command "cleanup", one per line as KEY: VALUE. The keys are inputs of that command.
type Set struct {
	*Rules
	// Cache is the path of the cache, or "".
	Cache string
}

// lists are the keys that a set can contain several times.
var lists = []string{"delete", "keep", "keep-used"}

// fieldsOf returns the fields for the keys of a set.
func fieldsOf(in *Inputs, cache *string) map[string]*string {
	return map[string]*string{
		"delete": &in.Delete, "keep": &in.Keep, "keep-newest": &in.KeepNewest, "older-than": &in.OlderThan, "age-from": &in.AgeFrom,
		"untagged": &in.Untagged, "orphans": &in.Orphans, "broken": &in.Broken, "keep-used": &in.KeepUsed, "min-age": &in.MinAge,
		"max-delete": &in.MaxDelete, "detach": &in.Detach, "empty": &in.Empty, "on-unreadable": &in.OnUnreadable, "cache": cache,
	}
}

// ParseSet parses the input "cleanup". An empty text is no set: the result is nil.
func ParseSet(text string, files Files, registry string) (*Set, error) {
	entries := lines(text)
	if len(entries) == 0 {
		return nil, nil
	}
	p, in, out := &parser{}, Inputs{}, &Set{}
	fields := fieldsOf(&in, &out.Cache)
	for _, line := range entries {
		p.entry(fields, line)
	}
	if err := errors.Join(p.problems...); err != nil {
		return nil, err
	}
	parsed, err := Parse(in, files, registry)
	if out.Rules = parsed; err != nil {
		return nil, InSet(err)
	}
	return out, nil
}

// entry adds one line of a set to its field.
func (p *parser) entry(fields map[string]*string, line string) {
	key, value, found := strings.Cut(line, ":")
	key, value = strings.TrimSpace(key), unquoted(strings.TrimSpace(value))
	field, known := fields[key]
	const example = `Write one rule per line as KEY: VALUE, such as "delete: pr-*".`
	switch {
	case !found || key == "sha256":
		p.fail("cleanup", CodeSet, meantEntry(fields, line)+example, "The line %q of the input cleanup has no key", short(line))
	case !known:
		p.fail("cleanup", CodeSet, didYouMean(key, slices.Sorted(maps.Keys(fields)))+example, "The line %q of the input cleanup has the unknown key %q", short(line), short(key))
	case value == "" || value == "|" || value == ">":
		p.fail("cleanup", CodeSet, "Write the value after the key. For several values, write the key several times: "+key+": FIRST, and in the next line "+key+": SECOND.", "The key %q in the input cleanup has no value", key)
	case *field != "" && !slices.Contains(lists, key):
		p.fail("cleanup", CodeSet, "Write this key once. Only the keys "+strings.Join(lists, ", ")+" can be in several lines.", "The input cleanup contains the key %q twice", key)
	default:
		*field = strings.TrimPrefix(*field+"\n"+value, "\n")
	}
}

// meantEntry returns a question for a line without a key. A line with an equals sign after
// a key, such as untagged=delete, probably means this key. Another line is a selector.
func meantEntry(fields map[string]*string, line string) string {
	key, value, ok := strings.Cut(line, "=")
	if _, known := fields[key]; ok && known {
		return fmt.Sprintf("Did you mean %q? ", key+": "+short(value))
	}
	return fmt.Sprintf("Did you mean %q? ", "delete: "+short(line))
}

// unquoted removes the quotation marks around a value. YAML needs them around an asterisk,
// so that users also write them here.
func unquoted(text string) string {
	if len(text) > 1 && (text[0] == '"' || text[0] == '\'') && text[0] == text[len(text)-1] {
		return text[1 : len(text)-1]
	}
	return text
}

// inputName matches the names of inputs in the messages of package rules.
var inputName = lazy.Regexp(`\b([Tt])he input (delete|keep-newest|keep-used|keep|older-than|age-from|untagged|orphans|broken|min-age|max-delete|detach|empty|on-unreadable)\b`)

// InSet returns errors about the inputs of the command "cleanup" as errors about the keys of
// the input "cleanup".
func InSet(err error) error {
	var out []error
	for _, one := range diag.All(err) {
		with := *one
		with.Input = "cleanup"
		with.Title = inputName().ReplaceAllString(one.Title, `${1}he key "$2" of the input cleanup`)
		with.Hint = inputName().ReplaceAllString(one.Hint, `${1}he key "$2"`)
		with.Hint = strings.Replace(with.Hint, "Set one of these rules:", "Write one of these lines in the input cleanup:", 1)
		out = append(out, &with)
	}
	return errors.Join(out...)
}
