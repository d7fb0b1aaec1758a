package meta

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/ghcr-publish/ghcr-publish/internal/safe/lazy"
)

// checkSyntax returns an error for a rule that docker/metadata-action reads in another
// way than the author of the rule probably means.
func (r *rule) checkSyntax() error {
	for _, f := range r.fields {
		if key, value, _ := attribute(f); key == "type" && ownAttributes[value] != nil {
			r.kind = value
		}
	}
	for _, check := range []func(*rule) error{(*rule).checkQuotes, (*rule).dashed, (*rule).commented, (*rule).colons, (*rule).glued, (*rule).repeated, (*rule).unnamed} {
		if err := check(r); err != nil {
			return err
		}
	}
	return nil
}

const quotes = "'‘’“”„«»`"

// unquoted returns a text without the quotation marks at both ends. A text in double
// quotes cannot occur, because the function "list" removes double quotes.
func unquoted(text string) (string, bool) {
	first, n := utf8.DecodeRuneInString(text)
	last, m := utf8.DecodeLastRuneInString(text)
	if len(text) < n+m || !strings.ContainsRune(quotes, first) || !strings.ContainsRune(quotes, last) {
		return "", false
	}
	return text[n : len(text)-m], true
}

// checkQuotes returns an error if quotation marks surround the rule or one of its values.
func (r *rule) checkQuotes() error {
	if inner, ok := unquoted(r.text); ok && !strings.HasPrefix(r.text, "`") {
		return r.invalid(CodeInputQuotes, fmt.Sprintf("Remove the quotation marks: write %s.", inner), "%s is in quotation marks, which would become a part of the tag")
	}
	for _, f := range r.fields {
		key, value, named := attribute(f)
		if inner, ok := unquoted(value); named && ok && !strings.HasPrefix(value, "`") {
			return r.invalid(CodeInputQuotes, fmt.Sprintf("Remove the quotation marks: write %s=%s.", key, inner), "%s has quotation marks around the value of %s, which would become a part of the value", key)
		}
	}
	return nil
}

// dashed returns an error for a line that begins with the dash of a YAML list.
// If all lines begin with a dash, package input has already returned an error.
func (r *rule) dashed() error {
	rest, ok := strings.CutPrefix(r.text, "- ")
	if !ok {
		return nil
	}
	return r.invalid(CodeTagInvalid, fmt.Sprintf("Write %s without the dash. Write one rule per line, because the value is text and not a YAML list.", trimJS(rest)), "%s begins with a dash and a blank")
}

var comment = lazy.Regexp(`\s#(\s|$)`)

// commented returns an error for a comment after a rule, because only a complete
// line can be a comment.
func (r *rule) commented() error {
	at := comment().FindStringIndex(r.text)
	switch {
	case strings.HasPrefix(r.text, "# "):
		return r.invalid(CodeTagInvalid, "If the line is a comment, remove the blanks before the #.", "%s begins with # after blanks, so it is not a comment")
	case at == nil:
		return nil
	}
	return r.invalid(CodeTagInvalid, "Write the comment on a separate line that begins with #.", "%s has a comment after the rule, which would become a part of the tag")
}

// examples contains an example of the attribute that a type requires.
var examples = map[string]string{
	"semver": "pattern={{version}}", "pep440": "pattern={{version}}", "match": `pattern=\d+\.\d+`, "ref": "event=branch", "raw": "value=nightly",
}

// colons returns an error for a colon between the name and the value of an
// attribute, as in YAML.
func (r *rule) colons() error {
	fixed, name := make([]string, len(r.fields)), ""
	for i, f := range r.fields {
		fixed[i] = f
		if m := colonAttribute().FindStringSubmatch(trimJS(f)); m != nil {
			fixed[i], name = m[1]+"="+m[2], m[1]
		}
	}
	if name == "" {
		return nil
	}
	if kind, ok := strings.CutPrefix(fixed[0], "type="); ok && len(fixed) == 1 && examples[kind] != "" {
		fixed = append(fixed, examples[kind])
	}
	return r.invalid(CodeTagAttribute, fmt.Sprintf("Write an equals sign instead of the colon, and write the complete rule on one line: %s.", strings.Join(fixed, ",")), "%s has a colon after %s", name)
}

// glued returns an error for attributes without a comma between them, and for
// several rules on one line.
func (r *rule) glued() error {
	for _, f := range r.fields {
		key, value, named := attribute(f)
		m := gluedAttribute().FindStringSubmatchIndex(value)
		if !named || m == nil || !attributeName().MatchString(key) {
			continue
		}
		if r.isPattern(key) && strings.Trim(value[m[0]:m[2]], " \t\r\n") != "" {
			continue // A regular expression can contain ";", "|" and "&".
		}
		if next := value[m[2]:m[3]]; next != "type" {
			return r.invalid(CodeTagAttribute, fmt.Sprintf("Separate the attributes by commas: %s.", gluedAttribute().ReplaceAllString(r.text, ",$1=")), "%s has no comma before the attribute %q", next)
		}
		return r.severalRules()
	}
	return nil
}

func (r *rule) severalRules() error {
	return r.invalid(CodeTagAttribute, "Write one rule per line. In YAML, write tags: |, because > joins the lines.", "%s contains several rules")
}

// repeated returns an error for an attribute that occurs twice, because the
// first value would have no effect.
func (r *rule) repeated() error {
	seen := map[string]bool{}
	for _, f := range r.fields {
		key, _, named := attribute(f)
		if named && seen[key] {
			if key == "type" {
				return r.severalRules()
			}
			return r.invalid(CodeTagAttribute, fmt.Sprintf("Remove one of the two attributes %s. To publish two tags, write one rule per line.", key), "%s has the attribute %q twice", key)
		}
		seen[key] = named || seen[key]
	}
	return nil
}

// unnamed returns an error for a part without "=" that cannot be the value of a
// rule of the type "raw".
func (r *rule) unnamed() error {
	values := 0
	for i, f := range r.fields {
		key, value, named := attribute(f)
		switch {
		case named && key == "value":
			values++
			continue
		case named:
			continue
		}
		if values++; r.kind == "raw" && values == 1 && !r.closes(i) || r.harmless(i) {
			continue
		}
		if value == "" {
			return r.invalid(CodeTagAttribute, "Remove the comma at the end, and write all attributes of a rule on one line.", "%s has a comma without an attribute after it")
		}
		if protected, ok := r.protect(i); ok {
			return r.invalid(CodeTagAttribute, fmt.Sprintf("Write three double quotes before and after the attribute that contains the comma: %s.", protected),
				"%s has the part %q without a name, because a comma ends an attribute", value)
		}
		if attributeName().MatchString(value) {
			return r.invalid(CodeTagAttribute, fmt.Sprintf("Write %s=TEXT with the value of the attribute, or remove the attribute. %s= means an empty value.", value, value), "%s has no equals sign after the attribute %q", value)
		}
		return r.invalid(CodeTagAttribute, "Write one rule or one tag per line.", "%s has the part %q without a name", value)
	}
	return nil
}

// harmless reports whether the field with the index i is only the empty text
// after a comma at the end of a rule. harmless returns false for a rule of the
// type "raw" and for an incomplete rule.
func (r *rule) harmless(i int) bool {
	if trimJS(r.fields[i]) != "" || r.kind == "raw" || i < len(r.fields)-1 {
		return false
	}
	return slices.ContainsFunc(r.fields, func(f string) bool {
		key, _, _ := attribute(f)
		return key == ownAttributes[r.kind][0]
	})
}

// closes reports whether the field with the index i closes a bracket of an
// earlier field.
func (r *rule) closes(i int) bool {
	_, ok := r.protect(i)
	return ok
}

// protect returns the rule with quotes around an attribute that contains a
// comma. protect returns false if the field with the index i does not close a
// bracket of an earlier field.
func (r *rule) protect(i int) (string, bool) {
	for from := i - 1; from >= 0; from-- {
		whole := strings.Join(r.fields[from:i+1], ",")
		_, _, named := attribute(r.fields[from])
		if named && !balanced(r.fields[from]) && balanced(whole) {
			parts := append(append([]string{}, r.fields[:from]...), `"""`+whole+`"""`)
			return strings.Join(append(parts, r.fields[i+1:]...), ","), true
		}
		if named {
			break
		}
	}
	return "", false
}

// balanced reports whether, for each kind of bracket, the numbers of opening and closing
// brackets in the text are equal.
func balanced(text string) bool {
	for _, pair := range []string{"{}", "()", "[]"} {
		if strings.Count(text, pair[:1]) != strings.Count(text, pair[1:]) {
			return false
		}
	}
	return true
}

// isPattern reports whether the value of the attribute is a regular expression.
func (r *rule) isPattern(key string) bool {
	return key == "match" || key == "pattern" && r.kind == "match"
}
