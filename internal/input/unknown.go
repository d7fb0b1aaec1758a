package input

import (
	"errors"
	"slices"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/diag/nearest"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/lazy"
)

// variablePrefix is the prefix of the variable of an input (docs/runner.md, Inputs).
const variablePrefix = "INPUT_"

// refuseUnknownInputs checks the inputs of the step that are not in the table. The
// runner only warns about an unknown input, so a run with `tag` instead of `tags` would
// move the default tags. A name that resembles an input is an error. An input of
// another action is an error if the run, which ignores this input, would publish
// another image than the user expects. All other names give a warning, except for a
// command that must not ignore an input (stopsAtUnknown).
func (r *reader) refuseUnknownInputs(c *Common, environ []string) {
	names := unknownInputs(environ)
	if r.command == Cleanup {
		r.refuseUnknownRules(names)
		return
	}
	for _, group := range byAdvice(r.command, names) {
		r.explainHabit(c, group)
	}
	for _, name := range names {
		if _, ok := habitOf(r.command, name); ok {
			continue
		}
		if question := r.question(name); question != "" {
			r.fail(name, CodeUnknown, question, "This action has no input %q, so the run stopped", name)
			continue
		}
		if r.command.stopsAtUnknown() {
			r.fail(name, CodeUnknown, "Remove the input. docs/inputs.md lists the inputs of the command "+string(r.command)+".", "The command %s has no input %q, so the run stopped", r.command, name)
			continue
		}
		c.Notices = append(c.Notices, diag.Notice{
			Code: CodeUnknown, Level: diag.Warning, Title: "This action has no input " + quote(name) + ", so the run ignores it",
			Text: "Remove the input, because it has no effect. docs/inputs.md lists the inputs of the command " + string(r.command) + ".",
		})
	}
}

// meantInput returns a question such as "Did you mean tags?", with the input that a
// name probably means. If the meaning is unknown, meantInput returns "". The name
// resembles an input, or one word of the name is an input in the singular or in the
// plural. For example, tag-name and tagname mean tags.
func meantInput(name string, inputs []string) string {
	if question := nearest.Question(name, inputs); question != "" {
		return question
	}
	if long := abbreviations[name]; slices.Contains(inputs, long) {
		return "Did you mean " + long + "?"
	}
	words := strings.FieldsFunc(strings.TrimSuffix(name, "name"), func(c rune) bool { return c == '-' || c == '_' })
	for _, word := range words {
		for _, in := range inputs {
			if strings.TrimSuffix(word, "s") == strings.TrimSuffix(in, "s") || strings.HasPrefix(in, name+"-") {
				return "Did you mean " + in + "?"
			}
		}
	}
	return ""
}

// abbreviations maps short names to the inputs that users mean.
var abbreviations = map[string]string{
	"img": "image", "repo": "image", "src": "source", "dest": "destination", "dst": "destination", "ctx": "context",
	"arch": "platforms", "archs": "platforms", "architectures": "platforms", "reg": "registry", "user": "username", "ver": "version",
	"args": "build-args", "visible": "visibility", "dry": "dry-run",
}

// question returns a question with the input that a name probably means. A build has the
// input "platforms", and an image from files has the input "platform".
func (r *reader) question(name string) string {
	question := meantInput(name, inputNames(r.command))
	if r.command != Publish {
		return question
	}
	meant := "platforms"
	if r.text("content") != "" {
		meant = "platform"
	}
	return eitherPlatform().ReplaceAllString(question, meant)
}

// eitherPlatform matches the two inputs for platforms in a question.
var eitherPlatform = lazy.Regexp(`\bplatforms?\b(?: or platforms?\b)?`)

// habitOf returns the advice of a command for an input of another action. For example,
// make-public has the advice for public.
func habitOf(c Command, name string) (habit, bool) {
	if h, ok := commandHabits[c][name]; ok {
		return h, true
	}
	if h, ok := habits[name]; ok {
		return h, true
	}
	for _, prefix := range []string{"make-", "is-", "set-", "use-"} {
		if rest, ok := strings.CutPrefix(strings.ReplaceAll(name, "_", "-"), prefix); ok {
			h, ok := habits[rest]
			return h, ok
		}
	}
	return habit{}, false
}

// byAdvice groups the inputs of other actions that have the same advice, so that the
// advice is shown once.
func byAdvice(c Command, names []string) [][]string {
	var groups [][]string
	at := map[habit]int{}
	for _, name := range names {
		h, ok := habitOf(c, name)
		if !ok {
			continue
		}
		i, seen := at[h]
		if !seen {
			i = len(groups)
			at[h] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], name)
	}
	return groups
}

// explainHabit adds an error or a notice with the advice for inputs of another action.
// All names have the same advice.
func (r *reader) explainHabit(c *Common, names []string) {
	h, _ := habitOf(r.command, names[0])
	title, end := "This action has no input "+quote(names[0]), ", so the run ignores it"
	if len(names) > 1 {
		quoted := make([]string, len(names))
		for i, name := range names {
			quoted[i] = quote(name)
		}
		title, end = "This action has no inputs "+joinNames(quoted), ", so the run ignores them"
	}
	_, own := commandHabits[r.command][names[0]]
	if own || r.command.stopsAtUnknown() || h.stops && slices.Contains(pushing, r.command) {
		r.fail(names[0], CodeUnknown, h.advice, "%s, so the run stopped", title)
		return
	}
	title += end
	c.Notices = append(c.Notices, diag.Notice{Code: CodeUnknown, Level: diag.Warning, Title: title, Text: h.advice})
}

// unknown reports whether the step has an unknown input whose name probably means one
// of the inputs. In this case, an error about an empty input would only repeat the
// cause.
func (r *reader) unknown(inputs ...string) bool {
	return slices.ContainsFunc(r.errs, func(err error) bool {
		var known *diag.Error
		if !errors.As(err, &known) || known.Code != CodeUnknown {
			return false
		}
		return slices.ContainsFunc(inputs, func(in string) bool {
			return strings.Contains(known.Hint, "Did you mean "+in) || strings.Contains(known.Hint, "or "+in+"?") || strings.Contains(known.Hint, "Set the input "+in+" to")
		})
	})
}

// unknownInputs returns the sorted names of the inputs that have a value in the step,
// but are not in the table.
func unknownInputs(environ []string) []string {
	var out []string
	for _, pair := range environ {
		variable, value, _ := strings.Cut(pair, "=")
		name, isInput := strings.CutPrefix(variable, variablePrefix)
		name = strings.ToLower(name)
		if _, known := Find(name); !isInput || known || name == "" || strings.TrimSpace(value) == "" {
			continue
		}
		out = append(out, name)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// inputNames returns the names of the inputs of a command.
func inputNames(c Command) []string {
	names := []string{"command"}
	for _, in := range For(c) {
		names = append(names, in.Name)
	}
	return names
}
