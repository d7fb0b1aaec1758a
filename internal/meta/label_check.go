package meta

import (
	"fmt"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/diag/missing"
	"github.com/ghcr-publish/ghcr-publish/internal/diag/nearest"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
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
	// wordColon matches a word before a colon. docker buildx refuses such a key, because
	// the word is not a level.
	wordColon = lazy.Regexp(`^([A-Za-z_,-]+):(.*)$`)
	// levelNoColon matches a level with a platform, but without a colon after it.
	levelNoColon = lazy.Regexp(`^((?:manifest|index)(?:-descriptor)?\[[^\]]*\])([^:,].*)$`)
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

// checkPair returns an error if the key is probably a mistake, and adds a notice if the
// value is.
func (e *engine) checkPair(input, text, key, value string) error {
	if err := checkKey(input, text, key, value); err != nil {
		return err
	}
	key, err := checkLevel(input, text, key, value)
	if err != nil {
		return err
	}
	e.noticeValue(input, key, value)
	return nil
}

// checkKey returns an error if the key of a label or an annotation is empty, contains a
// blank or is in quotation marks. All commands check keys with checkKey. The OCI image-spec
// forbids empty keys ("Annotations").
func checkKey(input, text, key, value string) error {
	subject := labelSubject(input, text)
	inner, quoted := unquoted(text)
	before, bare, level := splitLevel(key)
	switch {
	case quoted:
		return diag.Inputf(input, CodeLabelInvalid, fmt.Sprintf("Remove the quotation marks: write %s.", inner), "%s is in quotation marks", subject)
	case trimJS(key) == "":
		return diag.Inputf(input, CodeLabelInvalid, "Write one KEY=value per line. If a variable contains the key, check its name, because its value is empty.", "%s has no key", subject)
	case level && bare == "":
		return diag.Inputf(input, CodeLabelInvalid, fmt.Sprintf("Write the key after the colon, as in %s:org.opencontainers.image.vendor=%s. If a variable contains the key, check its name, because its value is empty.", before, trimJS(value)), "%s has no key after the level %q", subject, before)
	case key != trimJS(key):
		return diag.Inputf(input, CodeLabelInvalid, fmt.Sprintf("Remove the blanks around the equals sign: write %s=%s.", trimJS(key), trimJS(value)), "%s has a blank at the end of the key", subject)
	case strings.ContainsFunc(bare, spaceJS):
		return diag.Inputf(input, CodeLabelInvalid, "Write a key without blanks, as in org.opencontainers.image.vendor=Acme.", "%s has a blank in the key %q", subject, bare)
	}
	return nil
}

// splitLevel splits a key into the text of the levels before the first colon and the rest.
// splitLevel returns false if the text before the colon does not resemble a level, because
// the colon is then a part of the key.
func splitLevel(key string) (before, rest string, ok bool) {
	before, rest, ok = strings.Cut(key, ":")
	if rest = trimJS(rest); !ok {
		return "", key, false
	}
	for _, name := range levelsOf(before) {
		if !slices.Contains(levelNames, name) && len(nearest.Of(name, levelNames)) == 0 {
			return "", key, false
		}
	}
	return before, rest, true
}

// levelsOf returns the names of the levels in a list of levels, without the platforms.
func levelsOf(before string) []string {
	var names []string
	for _, name := range strings.Split(before, ",") {
		names = append(names, trimJS(levelPlatform().ReplaceAllString(name, "")))
	}
	return names
}

// checkLevel returns an error for a label with a level, and for a level that is probably
// misspelt. checkLevel returns the key without the level.
func checkLevel(input, text, key, value string) (string, error) {
	before, rest, ok := splitLevel(key)
	if !ok && input == "annotations" {
		return key, checkNoLevel(text, key, value)
	}
	if !ok {
		return key, nil
	}
	if input == "labels" {
		return "", diag.Inputf(input, CodeLabelInvalid, fmt.Sprintf("Write %s=%s. Only annotations can have levels.", rest, value), "%s has the level %q", labelSubject(input, text), before)
	}
	for _, name := range levelsOf(before) {
		if !slices.Contains(levelNames, name) {
			return "", diag.Inputf(input, CodeLabelInvalid, fmt.Sprintf("%s A level is not necessary. Without a level, the run writes the annotation into the index, or into the manifest of an image without an index.", nearest.Question(name, levelNames)), "%s has the unknown level %q", labelSubject(input, text), name)
		}
	}
	return rest, nil
}

// checkNoLevel returns an error for the key of an annotation that looks like a key with a
// level, but whose level no program knows.
func checkNoLevel(text, key, value string) error {
	const input = "annotations"
	if m := levelNoColon().FindStringSubmatch(key); m != nil {
		return diag.Inputf(input, CodeLabelInvalid, fmt.Sprintf("Write %s:%s=%s.", m[1], m[2], value), "%s has no colon after the level %q", labelSubject(input, text), m[1])
	}
	if m := wordColon().FindStringSubmatch(key); m != nil && trimJS(m[2]) == "" {
		return diag.Inputf(input, CodeLabelInvalid, fmt.Sprintf("Write the key after the colon: %s:KEY=%s.", m[1], value), "%s has no key after %q", labelSubject(input, text), m[1]+":")
	} else if m != nil {
		return diag.Inputf(input, CodeLabelInvalid, fmt.Sprintf("Write index:%s=%s for the index, manifest:%s=%s for the images of all platforms, or a key without a colon.", m[2], value, m[2], value), "%s has the unknown level %q", labelSubject(input, text), m[1])
	}
	return nil
}

// placed returns the annotations of a line whose key has levels. placed returns nil for a
// key without a level. A list of levels gives one annotation for each level, as in docker
// buildx.
func (e *engine) placed(text, key, value string) ([]image.PlacedAnnotation, error) {
	before, rest, ok := splitLevel(key)
	if !ok {
		return nil, nil
	}
	var out []image.PlacedAnnotation
	for _, part := range strings.Split(before, ",") {
		a := image.PlacedAnnotation{Key: rest, Value: value}
		part = trimJS(part)
		if platform := levelPlatform().FindString(part); platform != "" {
			p, err := v1.ParsePlatform(strings.ToLower(strings.Trim(platform, "[] ")))
			if err != nil || p.OS == "" || p.Architecture == "" {
				return nil, diag.Inputf("annotations", CodeLabelInvalid, "Write the system and the architecture, as in manifest[linux/amd64]:KEY=value.", "%s has the invalid platform %q", labelSubject("annotations", text), platform)
			}
			a.Platform, part = p, strings.Replace(part, platform, "", 1)
		}
		a.Level = image.Level(trimJS(part))
		out = append(out, a)
	}
	return out, nil
}

// noticeValue adds a notice if the value is probably a mistake.
func (e *engine) noticeValue(input, key, value string) {
	if clean := trimJS(value); clean != value && clean != "" {
		e.notice(CodeLabelValue, fmt.Sprintf("The value of %s in the input %s begins with a blank", key, input),
			fmt.Sprintf("The blank becomes a part of the value. To remove the blank, write %s=%s.", key, clean))
	}
	if m := nextPair().FindStringSubmatch(value); m != nil {
		level := diag.Info
		if m[2] != "" {
			level = diag.Warning // A blank and a key with a dot are rarely the text of a value.
		}
		e.tell(level, CodeLabelValue, fmt.Sprintf("The value of %s in the input %s contains %q", key, input, m[0]),
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
