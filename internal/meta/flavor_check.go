package meta

import (
	"fmt"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/diag/nearest"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/lazy"
)

const flavorPattern = `latest|prefix|suffix|onlatest`

var (
	flavorNames = strings.Split(flavorPattern, "|")
	// gluedEntry matches an entry that follows a separator other than a comma.
	gluedEntry = lazy.Regexp(`[\s;|&]+(` + flavorPattern + `)\s*=`)
	// entryName matches the first word of an entry, and the separator after it.
	entryName = lazy.Regexp(`^([\w-]+)\s*([:=]?)\s*(.*)$`)
)

// checkFlavorField returns an error for an entry that docker/metadata-action reads in
// another way than the author of the entry probably means. The argument "affixed" is true
// if the same line has a prefix or a suffix before this entry.
func checkFlavorField(field, item string, affixed bool) error {
	key, value, _ := setting(field)
	subject := fmt.Sprintf("the flavor %q", item)
	if inner, ok := unquoted(value); ok {
		return diag.Inputf("flavor", CodeInputQuotes, fmt.Sprintf("Remove the quotation marks: write %s=%s.", key, inner), "%s has quotation marks around the value of %s", subject, key)
	}
	if m := gluedEntry().FindStringSubmatch(field); m != nil {
		return diag.Inputf("flavor", CodeFlavorUnknown, fmt.Sprintf("Separate the entries by commas, or write one entry per line: %s.", gluedEntry().ReplaceAllString(item, ",$1=")), "%s has no comma before %s", subject, m[1])
	}
	switch key {
	case "onlatest":
		if !affixed {
			return diag.Inputf("flavor", CodeFlavorOnLatest, "Write onlatest after a prefix or a suffix, on the same line: prefix=v,onlatest=true.", "%s has onlatest without a prefix or a suffix before it", subject)
		}
	case "prefix", "suffix":
		_, written, _ := strings.Cut(field, "=")
		if err := globalScope.check(trimJS(written)).in("flavor", subject); err != nil {
			return err
		}
		if strings.Contains(written, "=") {
			return diag.Inputf("flavor", CodeFlavorUnknown, fmt.Sprintf("Remove the second equals sign. To use an expression with an argument such as tz, write the attribute %s in each rule of the input tags.", key), "%s has an equals sign in the value of %s", subject, key)
		}
	}
	return nil
}

// flavorHint returns the hint for an unknown entry of the input "flavor".
func flavorHint(field string) string {
	const entries = "The possible entries are latest=auto|true|false|highest, prefix=… and suffix=…. The entry onlatest=true|false can follow prefix or suffix."
	if inner, ok := unquoted(trimJS(field)); ok {
		return fmt.Sprintf("Remove the quotation marks: write %s.", inner)
	}
	m := entryName().FindStringSubmatch(trimJS(field))
	if m == nil {
		return entries
	}
	name, separator, value := strings.ToLower(m[1]), m[2], m[3]
	like := nearest.Of(name, flavorNames)
	switch {
	case attributeName().MatchString(name) && separator == "=" && name != "prefix" && name != "suffix":
		return "Write the line in the input tags, because it is a rule. " + entries
	case len(like) > 0 && like[0] == name && value != "":
		return fmt.Sprintf("Write %s=%s.", name, value)
	case name == "prefix", name == "suffix":
		return fmt.Sprintf("Write a value, as in %s=v1. %s", name, entries)
	case name == "latest":
		return "Write latest=true. " + entries
	case len(like) > 0 && value != "":
		return fmt.Sprintf("Did you mean %s=%s? %s", like[0], value, entries)
	}
	return entries
}
