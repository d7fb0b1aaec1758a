package input

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sethvargo/go-githubactions"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
)

// reader reads the inputs of one command and collects what is wrong with
// them, so that a user mends everything in one go.
type reader struct {
	command Command
	get     func(name string) string
	raw     func(name string) string // with its blanks
	errs    []error
}

func newReader(c Command, env Environment) *reader {
	r := &reader{command: c}
	if env.Flag != nil {
		r.get, r.raw = env.Flag, env.Flag
	} else {
		act := githubactions.New(githubactions.WithGetenv(env.Getenv))
		r.get = act.GetInput
		r.raw = func(name string) string { return env.Getenv("INPUT_" + strings.ToUpper(name)) }
	}
	return r
}

// CommandOf reads which command a workflow step asks for.
func CommandOf(getenv func(string) string) (Command, error) {
	r := newReader("", Environment{Getenv: getenv})
	c := Command(r.choice("command"))
	return c, errors.Join(r.errs...)
}

func (r *reader) fail(input, code, hint, format string, args ...any) {
	r.errs = append(r.errs, diag.Inputf(input, code, hint, format, args...))
}

func (r *reader) text(name string) string {
	if v := strings.TrimSpace(r.get(name)); v != "" {
		return v
	}
	in, _ := Find(name)
	return in.Default
}

// lines splits at newlines, trims, and drops blank lines.
func (r *reader) lines(name string) []string {
	var out []string
	for _, line := range strings.Split(r.text(name), "\n") {
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, line)
		}
	}
	return out
}

func (r *reader) choice(name string) string {
	v := r.text(name)
	in, _ := Find(name)
	values := in.ValuesFor(r.command)
	if v == "" || slices.Contains(values, v) {
		return v
	}
	hint := "Allowed: " + strings.Join(values, ", ") + "."
	if own := in.OwnValues[r.command]; own != nil && slices.Contains(in.Values, v) {
		hint += " Other commands take it: see the input's help."
	}
	r.fail(name, "input-value", hint, "%s is %q", name, v)
	return in.Default
}

// boolean takes true and false in the spellings of YAML 1.2's core schema,
// as the runner's own toolkit does.
func (r *reader) boolean(name string) bool {
	v := r.text(name)
	switch v {
	case "true", "True", "TRUE":
		return true
	case "false", "False", "FALSE", "":
		return false
	}
	r.fail(name, "input-value", "Allowed: true, false.", "%s is %q", name, v)
	return false
}

// off reports whether a switch without a default is set to false.
func (r *reader) off(name string) bool { return r.text(name) != "" && !r.boolean(name) }

func (r *reader) duration(name string) time.Duration {
	v := r.text(name)
	if minutes, err := strconv.Atoi(v); err == nil {
		v = fmt.Sprintf("%dm", minutes) // timeout-minutes is what people know
	}
	d, err := time.ParseDuration(v)
	if err != nil || d <= 0 {
		r.fail(name, "input-value", "Write it with a unit: 90s, 30m, 1h30m; a bare number is minutes.", "%s is %q", name, r.text(name))
	}
	return d
}

// list joins names as a sentence does.
func list(names []string) string {
	if len(names) < 3 {
		return strings.Join(names, " and ")
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}

// strangers reports inputs that are given but belong to other commands.
func (r *reader) strangers() {
	for _, in := range Table {
		if in.Name == "command" || in.ActionDefault != "" || slices.Contains(in.Commands, r.command) {
			continue // the runner gives what has a default whether it is wanted or not
		}
		if v := strings.TrimSpace(r.get(in.Name)); v == "" || v == in.Default {
			continue
		}
		var names []string
		for _, c := range in.Commands {
			names = append(names, string(c))
		}
		r.fail(in.Name, "input-not-taken", "Take it away, or set command: "+names[0]+".", "%s belongs to %s, not to %s", in.Name, list(names), r.command)
	}
}
