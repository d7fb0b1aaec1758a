package input

import (
	"errors"
	"slices"
	"strings"

	"github.com/sethvargo/go-githubactions"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/diag/missing"
	"github.com/ghcr-publish/ghcr-publish/internal/diag/nearest"
)

// reader reads the inputs of one command. reader collects all errors, so the user can
// correct all inputs after one run.
type reader struct {
	command Command
	get     func(name string) string
	raw     func(name string) string // returns the value without trimming
	// terminal is true if the values are flags.
	terminal bool
	// origin returns the URL of a Git remote whose repository is the default image, or
	// "". origin is nil if the command does not use a Git remote as a default.
	origin func() string
	errs   []error
	// globs are the patterns of packages in the input "image".
	globs []Glob
}

func newReader(c Command, env Environment) *reader {
	r := &reader{command: c}
	if env.Flag != nil {
		r.get, r.raw, r.terminal = env.Flag, env.Flag, true
	} else {
		act := githubactions.New(githubactions.WithGetenv(env.Getenv))
		r.get = act.GetInput
		r.raw = func(name string) string { return env.Getenv("INPUT_" + strings.ToUpper(name)) }
	}
	return r
}

// CommandOf returns the command of a workflow step, and whether the step writes a job
// summary.
func CommandOf(getenv func(string) string) (c Command, summary bool, err error) {
	r := newReader("", Environment{Getenv: getenv})
	c = Command(r.choice("command"))
	err = errors.Join(r.errs...)
	return c, r.boolean("summary"), err
}

func (r *reader) fail(input, code, hint, format string, args ...any) {
	e := diag.Inputf(input, code, hint, format, args...)
	same := func(err error) bool {
		var known *diag.Error
		return errors.As(err, &known) && *known == *e // two equal lines have the same error
	}
	if !r.hasOtherForm(input) && !slices.ContainsFunc(r.errs, same) {
		r.errs = append(r.errs, e)
	}
}

// failEmpty refuses an empty value. In a workflow, an empty value often comes from an
// output that a step did not set. An error about an unknown input that means this input
// is the cause, so failEmpty adds no second error.
func (r *reader) failEmpty(input, code, hint string) {
	if r.unknown(input) || input == "source" && r.imageMeansSource() {
		return
	}
	if !r.terminal {
		hint += " If the value comes from an output of a step or a job, the step or the job set no output."
	}
	r.fail(input, code, hint, "The input %s is empty", input)
}

// imageMeansSource reports whether the input "image" was refused because the command reads
// the image from the input "source".
func (r *reader) imageMeansSource() bool {
	return slices.ContainsFunc(r.errs, func(err error) bool {
		var known *diag.Error
		return errors.As(err, &known) && known.Code == CodeNotAccepted && known.Input == "image"
	})
}

// hasOtherForm reports whether an input was refused because it is a YAML or JSON list,
// because it is in quotation marks, or because it begins with an option. Another error about this input would only repeat
// the cause.
func (r *reader) hasOtherForm(input string) bool {
	return slices.ContainsFunc(r.errs, func(err error) bool {
		var known *diag.Error
		return errors.As(err, &known) && (known.Code == CodeList || known.Code == CodeQuoted || known.Code == CodeOption) && known.Input == input
	})
}

// refused reports whether an input was refused.
func (r *reader) refused(input string) bool {
	return slices.ContainsFunc(r.errs, func(err error) bool {
		var known *diag.Error
		return errors.As(err, &known) && known.Input == input
	})
}

func (r *reader) text(name string) string {
	if v := strings.TrimSpace(r.get(name)); v != "" {
		return v
	}
	in, _ := Find(name)
	return in.Default
}

// lines splits the value at newlines, trims each line, and drops empty lines.
func (r *reader) lines(name string) []string {
	var out []string
	for _, line := range strings.Split(r.text(name), "\n") {
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, line)
		}
	}
	return out
}

// choice returns the value of an input with fixed values. choice ignores the letter
// case, as boolean does.
func (r *reader) choice(name string) string {
	v := r.text(name)
	in, _ := Find(name)
	values := in.ValuesFor(r.command)
	if v == "" {
		return v
	}
	if i := slices.IndexFunc(values, func(allowed string) bool { return strings.EqualFold(allowed, v) }); i >= 0 {
		return values[i]
	}
	r.fail(name, CodeValue, r.choiceHint(in, v), "The input %s has the invalid value %q", name, v)
	return in.Default
}

// choiceHint names the value that the user probably means, and then lists the allowed
// values.
func (r *reader) choiceHint(in Input, v string) string {
	values := in.ValuesFor(r.command)
	hint := "Allowed: " + strings.Join(values, ", ") + "."
	if unexpanded := missing.Unexpanded(v); unexpanded != "" {
		return unexpanded + " " + hint
	}
	if in.Name == "attestations" && (isOff(v) || nearest.Question(strings.ToLower(v), []string{"remove", "delete", "drop"}) != "") {
		return "To remove the attestations of the image, write attestations: strip. " + hint
	}
	if in.Name == "attestations" && isOn(v) {
		return "To keep the attestations of the image, remove the input, because its default is keep. This input cannot add attestations. " + hint
	}
	question := nearest.Question(v, values)
	if meant := otherWord(in, v); question == "" && slices.Contains(values, meant) {
		question = "Did you mean " + meant + "?"
	}
	if meant := OtherCommands[strings.ToLower(v)]; in.Name == "command" && slices.Contains(values, meant) {
		question = "Did you mean " + meant + "?"
	}
	if question != "" {
		hint = question + " " + hint
	}
	if own := in.OwnValues[r.command]; own != nil && slices.Contains(in.Values, v) {
		hint += " Only " + commandsWith(in, v) + " accepts " + v + "."
	}
	return hint
}

// otherWord returns the value of an input that a user means with a word of another
// program or with a Boolean value, or "".
func otherWord(in Input, v string) string {
	v = strings.ToLower(v)
	switch {
	case in.Name == "verify" && isOn(v):
		return "full"
	case in.Name == "verify" && isOff(v):
		return "none"
	case v == "error" || v == "stop" || v == "abort":
		return "fail"
	case v == "warning":
		return "warn"
	case v == "ignore" && in.Name == "if-published":
		return "continue"
	case v == "ignore" && in.Name == "on-readonly":
		return "skip"
	}
	return ""
}

// commandsWith names the commands that accept a value of an input.
func commandsWith(in Input, value string) string {
	var names []string
	for _, c := range in.Commands {
		if slices.Contains(in.ValuesFor(c), value) {
			names = append(names, "the command "+string(c))
		}
	}
	return joinNames(names)
}

// boolean accepts the spellings of true and false in the core schema of YAML 1.2.
// The toolkit of the runner accepts the same spellings.
func (r *reader) boolean(name string) bool {
	v := r.text(name)
	switch v {
	case "true", "True", "TRUE":
		return true
	case "false", "False", "FALSE", "":
		return false
	}
	r.fail(name, CodeValue, booleanHint(v), "The input %s has the invalid value %q", name, v)
	return false
}

// booleanHint names the value that the user probably means, true or false, and then
// lists both values.
func booleanHint(v string) string {
	const allowed = "Allowed: true, false."
	if hint := missing.Unexpanded(v); hint != "" {
		return hint + " " + allowed
	}
	question := nearest.Question(strings.ToLower(v), []string{"true", "false"})
	switch {
	case isOn(v):
		question = "Did you mean true?"
	case isOff(v):
		question = "Did you mean false?"
	}
	return strings.TrimSpace(question + " " + allowed)
}

// isOn and isOff report whether a value is a usual spelling of true or of false.
func isOn(v string) bool {
	return slices.Contains([]string{"true", "yes", "y", "on", "1", "enable", "enabled", "always", "t"}, strings.ToLower(v))
}

func isOff(v string) bool {
	return slices.Contains([]string{"false", "no", "n", "off", "0", "disable", "disabled", "none", "f"}, strings.ToLower(v))
}

// off reports whether an input without a default is set to false.
func (r *reader) off(name string) bool { return r.text(name) != "" && !r.boolean(name) }

// joinNames joins names with commas and "and".
func joinNames(names []string) string {
	if len(names) < 3 {
		return strings.Join(names, " and ")
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}

// refuseInputsOfOtherCommands refuses inputs that the command does not accept.
func (r *reader) refuseInputsOfOtherCommands() {
	for _, in := range Table() {
		if in.Name == "command" || in.ActionDefault != "" || slices.Contains(in.Commands, r.command) {
			continue // the runner sets an input that has a default even if the workflow does not set it
		}
		if v := strings.TrimSpace(r.get(in.Name)); v == "" || v == in.Default {
			continue
		}
		var names []string
		for _, c := range in.Commands {
			names = append(names, string(c))
		}
		r.fail(in.Name, CodeNotAccepted, r.otherCommandHint(in), "The input %s belongs to %s, not to %s", in.Name, joinNames(names), r.command)
	}
}
