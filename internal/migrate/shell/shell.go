// Package shell reads the scripts of workflow steps far enough to see which
// commands they run with which words, and which of them log in to a registry.
//
// It is a recogniser, not an interpreter: POSIX shells, PowerShell and cmd
// share one scanner that knows their quotes, continuations, pipes,
// here-strings and comments. What it cannot read it skips; it never fails.
package shell

import "strings"

// Dialect is the family of a step's shell.
type Dialect int

// The dialects, by the "shell:" values that choose them.
const (
	POSIX      Dialect = iota // bash, sh, and what is unknown
	PowerShell                // pwsh, powershell
	Cmd                       // cmd
	None                      // python, perl: not a shell at all
)

// DialectOf reads a "shell:" value, which may be a template such as
// "bash -e {0}".
func DialectOf(shell string) Dialect {
	fields := strings.Fields(strings.ToLower(shell))
	if len(fields) == 0 {
		return POSIX
	}
	switch strings.TrimSuffix(base(fields[0]), ".exe") {
	case "pwsh", "powershell":
		return PowerShell
	case "cmd":
		return Cmd
	case "python", "python3", "perl", "node", "ruby":
		return None
	}
	return POSIX
}

// Ref is a variable or an expression inside a word. Start and End are offsets
// in the script; for an expression they include "${{" and "}}".
type Ref struct {
	Name       string // the variable's name; "" for an expression
	Start, End int
}

// Word is one word of a command.
type Word struct {
	// Text is the word without its quotes; variables and expressions stay as
	// they are written.
	Text string
	// Start and End delimit it in the script, quotes included.
	Start, End int
	// Refs are the variables and expressions in it, in order.
	Refs []Ref
}

// Command is one simple command of a script.
type Command struct {
	Words []Word
	// Stdin is a here-string, a here-document's body, or the name of the
	// file after "<".
	Stdin []Word
	// Files are the names after ">" and ">>".
	Files []Word
	// Piped tells that the command before it writes to this one's input.
	Piped bool
	// Start is the offset of the first word.
	Start int
}

// Fields returns the words' texts.
func (c Command) Fields() []string {
	out := make([]string, len(c.Words))
	for i, w := range c.Words {
		out[i] = w.Text
	}
	return out
}

// Assigned finds the last word a script assigns to a variable: NAME=word,
// export NAME=word, $NAME = word, set NAME=word. It is nil if there is none.
func Assigned(commands []Command, name string) *Word {
	var found *Word
	for _, c := range commands {
		for i := range c.Words {
			if w := c.assigns(i, name); w != nil {
				found = w
			}
		}
	}
	return found
}

func (c Command) assigns(i int, name string) *Word {
	w := c.Words[i]
	if text, ok := strings.CutPrefix(w.Text, name+"="); ok && c.onlyAssignsBefore(i) {
		return &Word{Text: text, Start: w.Start, End: w.End, Refs: w.Refs}
	}
	isVariable := strings.EqualFold(w.Text, "$"+name) || strings.EqualFold(w.Text, "$env:"+name)
	if i == 0 && isVariable && len(c.Words) > 2 && c.Words[1].Text == "=" {
		return &c.Words[2]
	}
	return nil
}

func (c Command) onlyAssignsBefore(i int) bool {
	for _, w := range c.Words[:i] {
		switch strings.ToLower(w.Text) {
		case "export", "local", "readonly", "declare", "set", "env", "then", "do":
			continue
		}
		if !strings.Contains(w.Text, "=") && !strings.HasPrefix(w.Text, "-") {
			return false
		}
	}
	return true
}

func base(path string) string {
	return path[strings.LastIndexAny(path, `/\`)+1:]
}
