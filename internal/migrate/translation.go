package migrate

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/flow"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/lazy"
)

// translation translates the inputs of one step into inputs of the command "cleanup".
type translation struct {
	p    *pass
	step *flow.Step
	// read contains the inputs of the step that the translation used.
	read map[string]bool
	// lines are the lines of the inputs of the new step.
	lines []string
	// differences are sentences about differences between the old step and the new step.
	differences []string
	why         string // why is the reason why the command "cleanup" cannot replace the step, or "".
	foreign     bool   // foreign is true if the step deletes no container images.
}

// refuse records the first reason why the command "cleanup" cannot replace the step.
func (t *translation) refuse(format string, args ...any) {
	if t.why == "" {
		t.why = fmt.Sprintf(format, args...)
	}
}

// differ records a sentence about a difference.
func (t *translation) differ(sentence string) { t.differences = append(t.differences, sentence) }

// text returns the value of an input.
func (t *translation) text(name string) string {
	t.read[name] = true
	return t.step.Input(name)
}

// ignore marks inputs that have no effect on the deleted images.
func (t *translation) ignore(names ...string) {
	for _, name := range names {
		t.read[name] = true
	}
}

// known returns the value of an input whose text migrate must understand. For an
// expression, the method "known" records a reason.
func (t *translation) known(name string) string {
	value := t.text(name)
	if strings.Contains(value, "${{") {
		t.refuse("the value of the input %q is known only at run time", name)
	}
	return value
}

// flag returns the value of an input that is true or false.
func (t *translation) flag(name string) bool {
	switch value := strings.ToLower(t.known(name)); value {
	case "true":
		return true
	case "", "false":
		return false
	default:
		t.refuse("the input %q has the value %q, which is neither true nor false", name, value)
		return false
	}
}

// wholeNumber matches a number without a sign.
var wholeNumber = lazy.Regexp(`^\d+$`)

// number returns the value of an input that is a number or an expression. If the input is
// empty, the method "number" returns "".
func (t *translation) number(name string) string {
	value := t.text(name)
	if value != "" && !wholeNumber().MatchString(value) && !isOneExpression(value) {
		t.refuse("the input %q has the value %q, which is not a number", name, value)
	}
	return value
}

// These patterns match a pattern of tags and a pattern of packages that have the same meaning
// in the command "cleanup".
var (
	globPattern    = lazy.Regexp(`^[A-Za-z0-9._*?-]+$|^sha256:[0-9a-f]{64}$`)
	packagePattern = lazy.Regexp(`^[A-Za-z0-9._*?/-]+$`)
)

// globs returns the patterns of tags in an input.
func (t *translation) globs(name string, split func(rune) bool) []string {
	return t.patterns(name, split, globPattern())
}

// patterns returns the patterns in an input. If a pattern has another meaning in the command
// "cleanup", the method "patterns" records a reason.
func (t *translation) patterns(name string, split func(rune) bool, allowed *regexp.Regexp) []string {
	var out []string
	for _, one := range strings.FieldsFunc(t.known(name), split) {
		if one = strings.ReplaceAll(strings.TrimSpace(one), "**", "*"); one != "" {
			out = append(out, one)
		}
	}
	for _, one := range out {
		if !allowed.MatchString(strings.TrimPrefix(one, "!")) {
			t.refuse("the input %q contains the pattern %q, which has another meaning in the command \"cleanup\"", name, one)
		}
	}
	return out
}

func atComma(r rune) bool { return r == ',' || r == '\n' }

func atBlank(r rune) bool { return r == ' ' || r == '\t' || r == '\n' || r == ',' }

// regexes returns the regular expressions on the lines of an input, between slashes.
func (t *translation) regexes(name string) []string {
	var out []string
	for line := range strings.Lines(t.known(name)) {
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, "/"+line+"/")
		}
	}
	return out
}

// plainValue matches a text that needs no quotes in YAML.
var plainValue = lazy.Regexp(`^([A-Za-z0-9]|\$\{\{[^#{}:]*\}\})([A-Za-z0-9 ._/=@+*?-]|:[A-Za-z0-9]|\$\{\{[^#{}:]*\}\})*$`)

// set adds an input with a list. An empty list adds no input.
func (t *translation) set(name string, items ...string) {
	switch {
	case len(items) == 0 || len(items) == 1 && items[0] == "":
	case len(items) == 1 && plainValue().MatchString(items[0]):
		t.lines = append(t.lines, name+": "+items[0])
	case len(items) == 1 && globPattern().MatchString(items[0]):
		t.lines = append(t.lines, fmt.Sprintf("%s: %q", name, items[0]))
	default:
		t.lines = append(t.lines, name+": |")
		for _, item := range items {
			t.lines = append(t.lines, "  "+item)
		}
	}
}

// dryRun copies the input "dry-run".
func (t *translation) dryRun() {
	if value := t.text("dry-run"); value != "" && value != "false" {
		t.set("dry-run", value)
	}
}

// These sentences describe differences of several actions.
const (
	newestDiffers   = "The old step does not count protected and young images as the newest images, but the new step counts them, so the new step keeps fewer images."
	untaggedDiffers = "The new step does not delete untagged images that are younger than one hour (min-age), because a publication in another job may still need them."
	detachDiffers   = "A version with a protected tag keeps all its tags in both steps (detach: false)."
	versionsDiffer  = "The old step counts each platform as a version. The new step counts complete images."
)
