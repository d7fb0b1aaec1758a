package input

import (
	"cmp"
	"slices"
	"strings"
)

// Kind determines how the value of an input is parsed.
type Kind int

// The kinds of inputs.
const (
	Text     Kind = iota // one line
	Lines                // several lines; empty lines are dropped
	Bool                 // true or false
	Choice               // one of Values
	Duration             // Go's notation: 90s, 30m, 1h30m
)

// Input describes an input. The inputs of action.yml, the flags with their help and
// docs/inputs.md are generated from the fields of this type.
type Input struct {
	Name     string
	Group    Group
	Kind     Kind
	Commands []Command
	Values   []string // the allowed values, if Kind is Choice
	Default  string   // "" if the input has no default, or if Help describes the default
	// ActionDefault is the default in action.yml if this default is an expression.
	ActionDefault string
	// Help is the description in docs/inputs.md and in the help of a command. Help has
	// under 300 characters, and does not repeat Default, Values and OwnValues.
	Help string
	// Short replaces Help in action.yml, where a description has at most 200 characters.
	Short string
	// OwnValues replaces Values for a command.
	OwnValues map[Command][]string
	// OwnGroup replaces Group for the commands that use the input in another way.
	OwnGroup map[Command]Group
	// Own replaces Help for the commands that use the input in another way.
	Own     map[Command]string
	Example string
	// NoFlag is true if the input has no flag, because all processes can read a
	// secret on a command line.
	NoFlag bool
	// FlagDefault replaces Default for the flag of a command.
	FlagDefault map[Command]string
	// OnlyFlag is true if the input is only a flag, because a workflow step has another
	// way to get the same result.
	OnlyFlag bool
}

// HelpFor returns the help of the flag of a command.
func (in Input) HelpFor(c Command) string {
	if own := in.Own[c]; own != "" {
		return own
	}
	return in.Help
}

// GroupFor returns the group of the input in the help of a command.
func (in Input) GroupFor(c Command) Group {
	if own := in.OwnGroup[c]; own != "" {
		return own
	}
	return in.Group
}

// DefaultOfFlag returns the default of the flag of a command.
func (in Input) DefaultOfFlag(c Command) string {
	return cmp.Or(in.FlagDefault[c], in.Default)
}

// ValuesFor returns the values that a command accepts.
func (in Input) ValuesFor(c Command) []string {
	if own := in.OwnValues[c]; own != nil {
		return own
	}
	return in.Values
}

// ActionHelp returns the description in action.yml, with the allowed values and the
// default.
func (in Input) ActionHelp() string {
	help := cmp.Or(in.Short, in.Help)
	if len(in.Values) > 0 {
		help += " Allowed: " + strings.Join(in.Values, ", ") + "."
	}
	if in.Default != "" {
		help += " Default: " + in.Default + "."
	}
	return help
}

// Find returns the input with this name, and false if no such input exists.
func Find(name string) (Input, bool) {
	i := slices.IndexFunc(Table(), func(in Input) bool { return in.Name == name })
	if i < 0 {
		return Input{}, false
	}
	return Table()[i], true
}

// For lists the inputs that a command accepts.
func For(c Command) []Input {
	var out []Input
	for _, in := range Table() {
		if slices.Contains(in.Commands, c) {
			out = append(out, in)
		}
	}
	return out
}
