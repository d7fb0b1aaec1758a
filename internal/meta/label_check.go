package meta

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/diag/missing"
	"github.com/ghcr-publish/ghcr-publish/internal/diag/nearest"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/lazy"
)

// levelNames lists the levels that docker buildx accepts before the key of an
// annotation.
var levelNames = []string{"manifest", "index", "manifest-descriptor", "index-descriptor"}

var (
	// keyColon matches the YAML form KEY: value, also without the blank.
	keyColon = lazy.Regexp(`^([\w./-]+):\s*(.+)$`)
	// keyBlank matches a key with a dot, a blank and a value.
	keyBlank = lazy.Regexp(`^([\w-]+\.[\w.-]+)\s+(.+)$`)
	// nextPair matches a second KEY= in a value. A comma must precede the key,
	// or a blank if the key contains a dot.
	nextPair = lazy.Regexp(`,\s*([A-Za-z][\w.-]*)=|\s([A-Za-z][\w-]*\.[\w.-]*)=`)
	// levelPlatform matches the platform after a level, as in
	// manifest[linux/amd64].
	levelPlatform = lazy.Regexp(`\[[^\]]*\]`)
)

func labelSubject(input, text string) string {
	return fmt.Sprintf("the line %q of the input %s", text, input)
}

// withoutValueHint returns the hint for a line without "=".
func withoutValueHint(text string) string {
	if m := keyColon().FindStringSubmatch(text); m != nil {
		return fmt.Sprintf("Write %s=%s.", m[1], m[2])
	}
	if m := keyBlank().FindStringSubmatch(text); m != nil {
		return fmt.Sprintf("Write %s=%s.", m[1], m[2])
	}
	if strings.HasPrefix(text, "{") {
		return "The value is text and not JSON. Write one KEY=value per line."
	}
	return fmt.Sprintf("Write one KEY=value per line: %s=value.", text)
}

// warnWithoutValue warns that the outputs do not contain a line without "=".
func (e *engine) warnWithoutValue(input, text string) {
	e.warn(CodeLabelInvalid, fmt.Sprintf("The outputs do not contain the line %q of the input %s", text, input),
		"The line has no equals sign, and docker/metadata-action also ignores such a line. "+withoutValueHint(text))
}

// checkPair returns the value, and the key without its level. checkPair returns
// an error if the key is probably a mistake.
func (e *engine) checkPair(input, text, key, value string) (newKey, newValue string, err error) {
	subject := labelSubject(input, text)
	inner, quoted := unquoted(text)
	switch {
	case quoted:
		return "", "", diag.Inputf(input, CodeLabelInvalid, fmt.Sprintf("Remove the quotation marks: write %s.", inner), "%s is in quotation marks", subject)
	case trimJS(key) == "":
		return "", "", diag.Inputf(input, CodeLabelInvalid, "Write one KEY=value per line.", "%s has no key", subject)
	case key != trimJS(key):
		return "", "", diag.Inputf(input, CodeLabelInvalid, fmt.Sprintf("Remove the blanks around the equals sign: write %s=%s.", trimJS(key), trimJS(value)), "%s has a blank at the end of the key", subject)
	}
	if key, err = e.level(input, text, key, value); err != nil {
		return "", "", err
	}
	if strings.ContainsFunc(key, spaceJS) {
		return "", "", diag.Inputf(input, CodeLabelInvalid, "Write a key without blanks, as in org.opencontainers.image.vendor=Acme.", "%s has a blank in the key %q", subject, key)
	}
	e.noticeValue(input, key, value)
	return key, value, nil
}

// level returns the key of an annotation without its level. The level, such as
// manifest or index, tells docker buildx where to write the annotation. This
// program writes annotations only to the root.
func (e *engine) level(input, text, key, value string) (string, error) {
	before, rest, ok := strings.Cut(key, ":")
	if rest = trimJS(rest); !ok || rest == "" {
		return key, nil
	}
	var names []string
	for _, name := range strings.Split(before, ",") {
		names = append(names, trimJS(levelPlatform().ReplaceAllString(name, "")))
	}
	unknown := slices.IndexFunc(names, func(name string) bool { return !slices.Contains(levelNames, name) })
	hint := fmt.Sprintf("Write %s=%s.", rest, value)
	const places = "The run writes the annotation into the index, or into the manifest of an image without an index."
	switch {
	case unknown >= 0 && len(nearest.Of(names[unknown], levelNames)) == 0:
		return key, nil // The colon is a part of the key.
	case input == "labels":
		return "", diag.Inputf(input, CodeLabelInvalid, hint+" Only annotations can have levels.", "%s has the level %q", labelSubject(input, text), before)
	case unknown >= 0:
		return "", diag.Inputf(input, CodeLabelInvalid, fmt.Sprintf("%s A level is not necessary. Write %s=%s. %s", nearest.Question(names[unknown], levelNames), rest, value, places), "%s has the unknown level %q", labelSubject(input, text), names[unknown])
	case levelPlatform().MatchString(before), strings.Contains(before, "descriptor"):
		return "", diag.Inputf(input, CodeLabelInvalid, hint+" "+places, "%s has the level %q, which is not supported", labelSubject(input, text), before)
	}
	e.notice(CodeAnnotationLevel, "The levels of annotations have no effect",
		"The input annotations has keys with levels, such as manifest:KEY. The run writes each annotation into the index, or into the manifest of an image without an index. For this reason, remove the levels.")
	return rest, nil
}

// noticeValue adds a notice if the value is probably a mistake.
func (e *engine) noticeValue(input, key, value string) {
	if m := nextPair().FindStringSubmatch(value); m != nil {
		e.notice(CodeLabelValue, fmt.Sprintf("The value of %s in the input %s contains %q", key, input, m[0]),
			fmt.Sprintf("If %s is another key, write it on a separate line. Commas and blanks do not separate the entries of the input.", m[1]+m[2]))
	}
	if inner, ok := unquoted(strings.ReplaceAll(value, `"`, "'")); ok {
		e.notice(CodeLabelValue, fmt.Sprintf("The value of %s in the input %s is in quotation marks", key, input),
			fmt.Sprintf("The quotation marks become a part of the value. To remove the quotation marks, write %s=%s.", key, inner))
	}
	if hint := missing.Unexpanded(value); hint != "" && (strings.HasPrefix(value, "$") || strings.HasPrefix(value, "`")) {
		e.notice(CodeLabelValue, fmt.Sprintf("The value of %s in the input %s is %q", key, input, value), hint)
	}
}
