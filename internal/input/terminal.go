package input

import (
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/ghcr-publish/ghcr-publish/internal/safe/lazy"
)

// Terminal replaces the names of inputs in a message by the arguments and flags of a
// command line. Each message has one text, for workflows and for terminals. The text
// names an input in one of these forms:
//
//	the input NAME
//	the inputs NAME and NAME
//	set NAME: VALUE
//	NAME, if the name contains a hyphen
//	`NAME`, only in the descriptions of the table
type Terminal struct {
	Command Command // the command whose arguments set inputs, or "" for none
}

// anyFlag matches the name of an input that has a flag.
var anyFlag = sync.OnceValue(func() string {
	var names []string
	for _, in := range Table() {
		if !in.NoFlag {
			names = append(names, regexp.QuoteMeta(in.Name))
		}
	}
	slices.SortFunc(names, func(a, b string) int { return len(b) - len(a) }) // a longer name must match before a shorter name
	return "(" + strings.Join(names, "|") + ")"
})

// These patterns match the forms in which a message names an input. The program
// compiles them only for a message at a terminal.
var (
	formTwo   = lazy.RegexpFunc(func() string { return `([Tt])he inputs ` + anyFlag() + ` and ` + anyFlag() + `\b` })
	formInput = lazy.RegexpFunc(func() string { return `([Tt])he input ` + anyFlag() + `\b` })
	formValue = lazy.RegexpFunc(func() string {
		return "(\\w+ |[(`])" + anyFlag() + `: (\$\{\{.*?\}\}|[^\s,;()` + "`" + `]*[^\s,;().` + "`" + `])`
	})
	formHyphen  = lazy.RegexpFunc(func() string { return `(^|[\s(])` + anyFlag() + `([\s,.;)]|$)` })
	formQuoted  = lazy.RegexpFunc(func() string { return "(command )?`" + anyFlag() + "`" })
	formDashes  = lazy.Regexp("`(--[^`]*)`")
	formCommand = lazy.Regexp(`(\w |\()command: ([a-z]+)`)
	formThis    = lazy.Regexp(`([Tt]his|separate) input\b`)
)

// settingVerbs are the words before NAME: VALUE if the value is not true, false or one
// of the values in the table. After any other word, the text before the colon is
// possibly not an input.
var settingVerbs = []string{"set ", "write ", "with ", "and ", "example "}

// Text returns the text of a message for a terminal.
func (t Terminal) Text(text string) string {
	text = t.withoutBuild(withoutWorkflow(text))
	text = formTwo().ReplaceAllStringFunc(text, func(s string) string {
		m := formTwo().FindStringSubmatch(s)
		return t.name(m[2], m[1] == "T") + " and " + t.name(m[3], false)
	})
	text = formInput().ReplaceAllStringFunc(text, func(s string) string {
		m := formInput().FindStringSubmatch(s)
		return t.name(m[2], m[1] == "T")
	})
	text = formValue().ReplaceAllStringFunc(text, t.setting)
	text = formCommand().ReplaceAllString(text, "${1}the command $2")
	text = formThis().ReplaceAllString(text, "$1 flag")
	return formHyphen().ReplaceAllStringFunc(text, func(s string) string {
		m := formHyphen().FindStringSubmatch(s)
		if !strings.Contains(m[2], "-") {
			return s
		}
		return m[1] + t.name(m[2], false) + m[3]
	})
}

// formBuild matches the hint for a Dockerfile as the source.
var formBuild = lazy.Regexp(`To build the Dockerfile, write context: (\S+)( and file: (\S+))? instead of source\.`)

// withoutBuild replaces the hint for a Dockerfile as the source. Only the command
// "publish" builds a Dockerfile.
func (t Terminal) withoutBuild(text string) string {
	m := formBuild().FindStringSubmatch(text)
	if m == nil {
		return text
	}
	flags := "--context " + m[1]
	if m[3] != "" {
		flags += " --file " + m[3]
	}
	hint := "To build and publish the Dockerfile, run \"ghcr-publish publish " + flags + "\"."
	if t.Command != Publish {
		hint = "Write an image as SOURCE: a reference, the folder of an OCI layout, or a tar. " + hint
	}
	return strings.Replace(text, m[0], hint, 1)
}

// name returns the argument or the flag that sets an input.
func (t Terminal) name(input string, begins bool) string {
	if !slices.Contains(Arguments[t.Command], input) {
		return "--" + input
	}
	article := "the"
	if begins {
		article = "The"
	}
	return article + " argument " + strings.ToUpper(input)
}

// setting returns the text for a terminal that replaces a match of formValue. The
// match consists of a word, the name of an input, and a value.
func (t Terminal) setting(s string) string {
	m := formValue().FindStringSubmatch(s)
	before, in, value := m[1], m[2], m[3]
	row, _ := Find(in)
	truth := row.Kind == Bool && (value == "true" || value == "false")
	known := truth || row.Kind == Choice && slices.Contains(row.Values, value)
	verb := strings.ToLower(before)
	if !known && !slices.Contains(settingVerbs, verb) {
		return s
	}
	flag := before + t.name(in, false)
	switch {
	case truth && value == "true":
		return flag
	case truth:
		return flag + "=" + value
	case slices.Contains(Arguments[t.Command], in) && verb == "set ":
		return flag + " to " + value
	case slices.Contains(Arguments[t.Command], in) && verb == "write ":
		return before + value
	}
	return flag + " " + value
}

// Help returns the description of a flag. A name in backquotes is an input, unless it
// is also a command or a value of the described input.
func (t Terminal) Help(in Input) string {
	text := formQuoted().ReplaceAllStringFunc(in.HelpFor(t.Command), func(s string) string {
		m := formQuoted().FindStringSubmatch(s)
		if m[1] != "" || slices.Contains(in.Values, m[2]) {
			return s
		}
		return "--" + m[2]
	})
	text = formDashes().ReplaceAllString(t.Text(text), "$1")
	return strings.ReplaceAll(text, "`", "'") // pflag uses a word in backquotes as the name of the value
}
