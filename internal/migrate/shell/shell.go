// Package shell parses the scripts of workflow steps. The package finds the
// commands with their words, and the commands that log in to a registry.
//
// The package does not run scripts. One scanner handles POSIX shells,
// PowerShell and cmd with their quotes, line continuations, pipes, here-strings
// and comments. The scanner skips text that it cannot parse, and never returns
// an error.
package shell

import "strings"

// Dialect is the family of the shell that runs a script.
type Dialect int

// The comment of each dialect lists the values of the key "shell:" for the
// dialect.
const (
	POSIX      Dialect = iota // POSIX is the dialect of bash, sh and unknown shells.
	PowerShell                // pwsh, powershell
	Cmd                       // cmd
	None                      // None is the dialect of python, perl and other programs that are not shells.
)

// DialectOf returns the dialect for the value of the key "shell:". The value
// can be a template such as "bash -e {0}".
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
// in the script. The range of an expression includes the delimiters "${{" and
// "}}".
type Ref struct {
	Name       string // Name is the name of the variable. Name is "" for an expression.
	Start, End int
}

// Word is one word of a command.
type Word struct {
	// Text is the word without its quotes. The text contains variables and
	// expressions in the same form as the script.
	Text string
	// Start and End are the offsets of the word in the script, including its
	// quotes.
	Start, End int
	// Refs contains the variables and expressions in the word, in order.
	Refs []Ref
}

// Command is one simple command of a script.
type Command struct {
	Words []Word
	// Stdin contains a here-string, the body of a here-document, or the name of
	// the file after "<".
	Stdin []Word
	// Files contains the file names after ">" and ">>".
	Files []Word
	// Piped is true if this command reads the output of the previous command.
	Piped bool
	// Start is the offset of the first word.
	Start int
}

// Fields returns the text of each word.
func (c Command) Fields() []string {
	out := make([]string, len(c.Words))
	for i, w := range c.Words {
		out[i] = w.Text
	}
	return out
}

// Assigned returns the last word that a script assigns to a variable. Assigned
// recognizes NAME=word, export NAME=word, $NAME = word and set NAME=word.
// Assigned returns nil if the script does not assign the variable.
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
