package input

import (
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
// the tables in the README are generated from these descriptions.
type Input struct {
	Name     string
	Group    Group
	Kind     Kind
	Commands []Command
	Values   []string // for Choice
	Default  string   // "" for none, or for a default that Help describes
	// ActionDefault is the default in action.yml, if it is an expression.
	ActionDefault string
	Help          string // a text under 300 characters that does not repeat Default, Values and OwnValues
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

// ValuesFor returns the values that a command accepts.
func (in Input) ValuesFor(c Command) []string {
	if own := in.OwnValues[c]; own != nil {
		return own
	}
	return in.Values
}

// HelpForAll returns the help for all commands together, for action.yml and the
// README.
func (in Input) HelpForAll() string {
	help := in.Help
	for _, c := range in.Commands {
		if own := in.Own[c]; own != "" {
			help += " For " + string(c) + ": " + strings.ToLower(own[:1]) + own[1:]
		}
	}
	return help
}

// Find returns the input with the name.
func Find(name string) (Input, bool) {
	i := slices.IndexFunc(Table, func(in Input) bool { return in.Name == name })
	if i < 0 {
		return Input{}, false
	}
	return Table[i], true
}

// For lists the inputs that a command accepts.
func For(c Command) []Input {
	var out []Input
	for _, in := range Table {
		if slices.Contains(in.Commands, c) {
			out = append(out, in)
		}
	}
	return out
}
