// Package workflow writes masks, groups, annotations, outputs, state and the job
// summary for the GitHub Actions runner.
//
// Package workflow prints commands with the library go-githubactions. Package workflow
// does not use the library for the files of the runner (GITHUB_OUTPUT, GITHUB_STATE,
// GITHUB_ENV). The library always writes the same delimiter, and a value that contains
// the delimiter could set another output. For this reason, package workflow writes these
// files with a random delimiter. Outside a workflow, the methods of [Workflow] write
// nothing.
package workflow

import (
	"bytes"
	"io"
	"strconv"
	"strings"
	"unicode"

	"github.com/sethvargo/go-githubactions"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/secret"
)

// These constants are the limits of the runner (docs/runner.md, Workflow commands).
const (
	maxAnnotations = 10   // the maximum number of annotations of one level in a step
	maxMessage     = 4096 // the maximum length of a message, in bytes
)

// Workflow represents the runner of this step. At a terminal, a Workflow is
// not active.
type Workflow struct {
	getenv func(string) string
	out    io.Writer
	act    *githubactions.Action
	active bool
	used   map[diag.Level]int
	masked []string // the values that Mask hides
	// The field summarized is true after the first call of Summary.
	summarized bool
}

// New returns the Workflow for the environment variables that getenv returns.
// The Workflow prints its commands to out.
func New(getenv func(string) string, out io.Writer) *Workflow {
	return &Workflow{
		getenv: getenv,
		out:    out,
		act:    githubactions.New(githubactions.WithGetenv(getenv), githubactions.WithWriter(lineFeeds{out})),
		active: getenv("GITHUB_ACTIONS") == "true",
		used:   map[diag.Level]int{},
	}
}

// lineFeeds ends each command with LF. On Windows, go-githubactions ends a
// command with CR LF. The runner accepts LF and CR LF, but a shell keeps the
// CR when it reads the output of the program (docs/runner.md, Workflow
// commands).
type lineFeeds struct{ out io.Writer }

// Write writes one command. The library writes each command with one call,
// and escapes each CR in the command.
func (l lineFeeds) Write(command []byte) (int, error) {
	line, ok := bytes.CutSuffix(command, []byte("\r\n"))
	if !ok {
		return l.out.Write(command)
	}
	if _, err := l.out.Write(append(bytes.Clone(line), '\n')); err != nil {
		return 0, err
	}
	return len(command), nil
}

// Active reports whether the program runs in a workflow step.
func (w *Workflow) Active() bool { return w.active }

// Mask hides a secret in all later output of the job. At a terminal, Mask
// prints no command, because the command would show the secret.
func (w *Workflow) Mask(value string) {
	if w.active && value != "" {
		w.masked = append(w.masked, value)
		w.act.AddMask(value)
	}
}

// Group starts a group in the log. To end the group, the caller calls the returned
// function.
func (w *Workflow) Group(title string) (end func()) {
	if !w.active {
		return func() {}
	}
	w.act.Group(Line(title))
	return w.act.EndGroup
}

// Failure is the level of an annotation that reports an error.
const Failure diag.Level = "error"

// Place is a range of lines in a file of the repository. If a Place is empty,
// the annotation does not belong to a file.
type Place struct {
	File          string // the path relative to the workspace
	Line, EndLine int    // counted from 1
}

// fields returns the properties of an annotation.
func (p Place) fields(title string) map[string]string {
	f := map[string]string{"title": Line(title)}
	if p.File != "" {
		f["file"], f["line"] = Line(p.File), strconv.Itoa(p.Line)
		f["endLine"] = strconv.Itoa(max(p.Line, p.EndLine))
	}
	return f
}

// Annotate adds an annotation to the page of the workflow run.
func (w *Workflow) Annotate(level diag.Level, title, text string) {
	w.AnnotateAt(Place{}, level, title, text)
}

// AnnotateAt adds an annotation to lines of a file. If the step already has
// the maximum number of annotations, AnnotateAt prints the text of the
// annotation as a log line.
func (w *Workflow) AnnotateAt(at Place, level diag.Level, title, text string) {
	if !w.active {
		return
	}
	// AnnotateAt hides the secrets before it truncates the message, because
	// the runner does not find a secret whose end is missing.
	title, text = secret.Hide(title, w.masked), secret.Hide(text, w.masked)
	if w.used[level]++; w.used[level] > maxAnnotations {
		_, _ = io.WriteString(w.out, Line(string(level)+": "+title+": "+text)+"\n") // The error is ignored, because the program could report it only in the same log.
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

// Lines applies [Line] to each line of text. A line of the argument "text" ends
// with LF or CR LF.
func Lines(text string) string {
	lines := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	for i, line := range lines {
		lines[i] = Line(line)
	}
	return strings.Join(lines, "\n")
}

// Line returns the argument "text" as one log line that is not a command. The runner reads
// a command if a line starts with "::", even if Unicode white space precedes the "::".
// The runner also reads a command after "##[" anywhere in a line (docs/runner.md,
// Workflow commands). Line removes invisible characters, because the runner ignores
// invisible characters when it looks for a command. Line also removes control characters,
// because they could control a terminal.
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

// invisible contains the characters that the runner ignores when it looks for
// a command.
var invisible = []*unicode.RangeTable{unicode.Cf, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point}
