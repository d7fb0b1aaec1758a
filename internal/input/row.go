package input

import (
	"slices"
	"strings"
)

// Kind is how a value is read.
type Kind int

// The kinds of inputs.
const (
	Text     Kind = iota // one line
	Lines                // several lines, blank ones dropped
	Bool                 // true or false
	Choice               // one of Values
	Duration             // Go's notation: 90s, 30m, 1h30m
)

// Input is one row: everything anyone needs to know of an input. action.yml,
// flags, --help and the README's tables are made or tested from it.
type Input struct {
	Name     string
	Kind     Kind
	Commands []Command
	Values   []string // for Choice
	Default  string   // in words of the value; "" with a Help that says what happens
	// ActionDefault is what action.yml carries, where an expression is needed.
	ActionDefault string
	Help          string // one or two sentences, without the default and the values
	// OwnValues are those of commands that take others.
	OwnValues map[Command][]string
	// Own is the help of commands that take the input in a way of their own.
	Own     map[Command]string
	Example string
	// NoFlag says that there is no flag for it: a secret on a command line
	// would be seen by every process.
	NoFlag bool
}

// HelpFor is the help of one command's flag.
func (in Input) HelpFor(c Command) string {
	if own := in.Own[c]; own != "" {
		return own
	}
	return in.Help
}

// ValuesFor are the values that one command takes.
func (in Input) ValuesFor(c Command) []string {
	if own := in.OwnValues[c]; own != nil {
		return own
	}
	return in.Values
}

// HelpForAll is the help for all commands together, as action.yml and README
// have it.
func (in Input) HelpForAll() string {
	help := in.Help
	for _, c := range in.Commands {
		if own := in.Own[c]; own != "" {
			help += " For " + string(c) + ": " + strings.ToLower(own[:1]) + own[1:]
		}
	}
	return help
}

// Find returns the row of a name.
func Find(name string) (Input, bool) {
	i := slices.IndexFunc(Table, func(in Input) bool { return in.Name == name })
	if i < 0 {
		return Input{}, false
	}
	return Table[i], true
}

// For lists the inputs a command takes.
func For(c Command) []Input {
	var out []Input
	for _, in := range Table {
		if slices.Contains(in.Commands, c) {
			out = append(out, in)
		}
	}
	return out
}
