package meta

import (
	"fmt"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/meta/csv"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/lazy"
)

// list parses an input into items. Each item is one record of the input, and
// list removes quotes, comments and empty items. A value can contain both kinds of line
// breaks if a step on Windows wrote a part of the value. The parser separates records only
// by the first kind, so list replaces CR LF by LF.
func list(input, value string) ([]string, error) {
	records, err := csv.Parse(trimJS(strings.ReplaceAll(value, "\r\n", "\n")), csv.Options{Relaxed: true, Comments: true})
	if err != nil {
		e := diag.Inputf(input, CodeInputQuotes, "Add the missing closing quote. To write a quote inside quotes, write two quotes.", "the quotes in the input %s are not balanced", input)
		e.Err = err
		return nil, e
	}
	var items []string
	for _, r := range records {
		if item := trimJS(strings.Join(r, ",")); item != "" {
			items = append(items, item)
		}
	}
	return items, nil
}

// fields splits one item into fields. The function "list" accepts a quote at any
// position, but the function "fields" accepts a quote only at the start of a field.
func fields(input, item string) ([]string, error) {
	if item != "" && !strings.ContainsAny(item, "\"\r\n") {
		return strings.Split(item, ","), nil // Most items contain no quotes.
	}
	records, err := csv.Parse(item, csv.Options{})
	if err != nil {
		e := diag.Inputf(input, CodeInputQuotes, quotesHint(item), "the line %q of the input %s has misplaced quotes", item, input)
		e.Err = err
		return nil, e
	}
	if len(records) == 0 {
		return nil, nil
	}
	return records[0], nil
}

// quotedCall matches an expression with a double quote.
var quotedCall = lazy.Regexp(`\{\{[^{}]*"[^{}]*\}\}`)

// quotesHint returns the hint for double quotes inside a field.
func quotesHint(item string) string {
	if quotedCall().MatchString(item) {
		return fmt.Sprintf("Write single quotes in expressions: %s.", quotedCall().ReplaceAllStringFunc(item, func(s string) string { return strings.ReplaceAll(s, `"`, "'") }))
	}
	return fmt.Sprintf(`Remove the double quotes: %s. If a field contains a comma, put three double quotes at each end of the field: """pattern=a,b""".`, strings.ReplaceAll(item, `"`, ""))
}

// attribute splits a field at its first '=', if a name precedes the '='. The function
// "attribute" returns the name in lower case.
func attribute(field string) (name, value string, named bool) {
	i := strings.IndexByte(field, '=')
	if i <= 0 {
		return "", trimJS(field), false
	}
	return strings.ToLower(trimJS(field[:i])), trimJS(field[i+1:]), true
}

// setting splits a field at each '=' and returns the first two parts.
// docker/metadata-action does the same for the inputs "images" and "flavor".
func setting(field string) (name, value string, named bool) {
	parts := strings.Split(field, "=")
	if len(parts) == 1 {
		return "", trimJS(field), false
	}
	return strings.ToLower(trimJS(parts[0])), trimJS(parts[1]), true
}
