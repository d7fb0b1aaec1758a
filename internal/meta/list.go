package meta

import (
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/meta/csv"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/lazy"
)

// list is the first parser pass over an input. It returns one item per record,
// without quotes, comments and empty items.
func list(input, value string) ([]string, error) {
	records, err := csv.Parse(trimJS(value), csv.Options{Relaxed: true, Comments: true})
	if err != nil {
		e := diag.Inputf(input, CodeInputQuotes, "Add the closing quote. To write a quote inside quotes, write the quote twice.", "the input %s cannot be parsed", input)
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

// fields is the second parser pass, over one item. In this pass a quote is
// allowed only at the start of a field.
func fields(input, item string) ([]string, error) {
	if item != "" && !strings.ContainsAny(item, "\"\r\n") {
		return strings.Split(item, ","), nil // most items need no parser
	}
	records, err := csv.Parse(item, csv.Options{})
	if err != nil {
		e := diag.Inputf(input, CodeInputQuotes, quotesHint(item), "the line %q of the input %s cannot be parsed", item, input)
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

// quotesHint explains double quotes inside of a field.
func quotesHint(item string) string {
	if quotedCall().MatchString(item) {
		return "Write single quotes in expressions: " + quotedCall().ReplaceAllStringFunc(item, func(s string) string { return strings.ReplaceAll(s, `"`, "'") }) + "."
	}
	return "Remove the double quotes: " + strings.ReplaceAll(item, `"`, "") + `. If a field contains a comma, put three double quotes at each end of the field: """pattern=a,b""".`
}

// attribute splits a field at its first '=', if a name precedes the '='. It
// returns the name in lower case.
func attribute(field string) (name, value string, named bool) {
	i := strings.IndexByte(field, '=')
	if i <= 0 {
		return "", trimJS(field), false
	}
	return strings.ToLower(trimJS(field[:i])), trimJS(field[i+1:]), true
}

// setting splits a field at each '=' and returns the first two parts, as
// docker/metadata-action does for the inputs images and flavor.
func setting(field string) (name, value string, named bool) {
	parts := strings.Split(field, "=")
	if len(parts) == 1 {
		return "", trimJS(field), false
	}
	return strings.ToLower(trimJS(parts[0])), trimJS(parts[1]), true
}
