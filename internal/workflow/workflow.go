// Package workflow speaks to the GitHub Actions runner: masks, groups,
// annotations, outputs, state and the job summary.
//
// Commands on the log go through go-githubactions. The files that the runner
// reads back (GITHUB_OUTPUT, GITHUB_STATE, GITHUB_ENV) are written here with a
// random delimiter, because that library's is fixed and a value that holds it
// could forge another output. Outside a workflow everything here is quiet.
package workflow

import (
	"io"
	"strconv"
	"strings"
	"unicode"

	"github.com/sethvargo/go-githubactions"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
)

// maxAnnotations is how many annotations of one level the runner keeps a step;
// maxMessage how long a message may be, in bytes (docs/runner.md, Workflow
// commands).
const (
	maxAnnotations = 10
	maxMessage     = 4096
)

// Workflow is the runner of this step, or nobody at a terminal.
type Workflow struct {
	getenv func(string) string
	out    io.Writer
	act    *githubactions.Action
	active bool
	used   map[diag.Level]int
}

// New returns the runner that the environment speaks of.
func New(getenv func(string) string, out io.Writer) *Workflow {
	return &Workflow{
		getenv: getenv,
		out:    out,
		act:    githubactions.New(githubactions.WithGetenv(getenv), githubactions.WithWriter(out)),
		active: getenv("GITHUB_ACTIONS") == "true",
		used:   map[diag.Level]int{},
	}
}

// Active reports whether a runner is listening.
func (w *Workflow) Active() bool { return w.active }

// Mask hides a secret in everything the job prints from now on. At a terminal
// it does nothing: the command itself would show the secret there.
func (w *Workflow) Mask(secret string) {
	if w.active && secret != "" {
		w.act.AddMask(secret)
	}
}

// Group opens a fold in the log; the returned function closes it.
func (w *Workflow) Group(title string) (end func()) {
	if !w.active {
		return func() {}
	}
	w.act.Group(Line(title))
	return w.act.EndGroup
}

// Failure is the annotation level of an error.
const Failure diag.Level = "error"

// Place is a range of lines in a file of the repository; zero for none.
type Place struct {
	File          string // relative to the workspace
	Line, EndLine int    // from 1
}

// fields are the properties of an annotation.
func (p Place) fields(title string) map[string]string {
	f := map[string]string{"title": Line(title)}
	if p.File != "" {
		f["file"], f["line"] = Line(p.File), strconv.Itoa(p.Line)
		f["endLine"] = strconv.Itoa(max(p.Line, p.EndLine))
	}
	return f
}

// Annotate puts a message where GitHub shows it: on the run's page.
func (w *Workflow) Annotate(level diag.Level, title, text string) {
	w.AnnotateAt(Place{}, level, title, text)
}

// AnnotateAt puts a message on lines of a file. Beyond the runner's limit of
// annotations it becomes a plain log line.
func (w *Workflow) AnnotateAt(at Place, level diag.Level, title, text string) {
	if !w.active {
		return
	}
	if w.used[level]++; w.used[level] > maxAnnotations {
		_, _ = io.WriteString(w.out, Line(string(level)+": "+title+": "+text)+"\n") // the log is all there is
		return
	}
	if text = Lines(text); len(text) > maxMessage-200 {
		text = strings.ToValidUTF8(text[:maxMessage-200], "") + " …"
	}
	a := w.act.WithFieldsMap(at.fields(title))
	switch level {
	case Failure:
		a.Errorf("%s", text)
	case diag.Warning:
		a.Warningf("%s", text)
	default:
		a.Noticef("%s", text)
	}
}

// Lines makes each line of text safe, and keeps the lines.
func Lines(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = Line(line)
	}
	return strings.Join(lines, "\n")
}

// Line makes text safe to print as one log line: the runner reads commands from
// lines that begin with "::", Unicode's blanks before it or not, and from "##["
// anywhere (docs/runner.md, Workflow commands). It compares by the rules of a
// language, so that characters without a width count for nothing: they are left
// out, as are control characters, which could draw on a terminal.
func Line(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\r' || r == '\u2028' || r == '\u2029':
			return ' '
		case r != '\t' && unicode.IsControl(r), unicode.In(r, invisible...):
			return -1
		}
		return r
	}, text)
	text = strings.ReplaceAll(text, "##[", "## [")
	if trimmed := strings.TrimLeftFunc(text, unicode.IsSpace); strings.HasPrefix(trimmed, "::") {
		text = "." + trimmed
	}
	return text
}

// invisible characters are ignored where strings are compared.
var invisible = []*unicode.RangeTable{unicode.Cf, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point}
