package workflow_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/markdown"
	"github.com/ghcr-publish/ghcr-publish/internal/workflow"
)

func TestLineIsNeverACommand(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, text, want string }{
		{"plain", "pushing a:b", "pushing a:b"},
		{"a tab stays", "a\tb", "a\tb"},
		{"a command", "::error::x", ".::error::x"},
		{"a command after blanks", " \t::error::x", ".::error::x"},
		{"a command after white space of Unicode", "\u00a0\u2003::error::x", ".::error::x"},
		{"a command after a character without width", "\u200b::error::x", ".::error::x"},
		{"a byte order mark", "\ufeff::error::x", ".::error::x"},
		{"split colons", ":\u200b:error::x", ".::error::x"},
		{"colons inside a line are not a command", "x ::error::y", "x ::error::y"},
		{"the older form, anywhere", "x ##[error]y", "x ## [error]y"},
		{"the older form, split", "x #\u200d#\ufe0f[error]y", "x ## [error]y"},
		{"line breaks", "a\nb\r\nc\u2028d\u0085e", "a b  c de"},
		{"control characters", "a\x1b[31mb\x00c\x7f", "a[31mbc"},
		{"C1 control characters", "a\u009b31mb", "a31mb"},
		{"a change of the writing direction", "a\u202eb", "ab"},
		{"letters of several scripts", "größe 漢字 ✅", "größe 漢字 ✅"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := workflow.Line(c.text); got != c.want {
				t.Errorf("Line(%q) = %q, want %q", c.text, got, c.want)
			}
		})
	}
}

func FuzzLine(f *testing.F) {
	f.Add("x\n::error::\u200b##[")
	f.Fuzz(func(t *testing.T, text string) {
		got := workflow.Line(text)
		if strings.HasPrefix(strings.TrimSpace(got), "::") || strings.Contains(got, "##[") || strings.ContainsAny(got, "\r\n\x1b") {
			t.Errorf("Line(%q) = %q", text, got)
		}
	})
}

// runner returns the environment of a step, and a function that reads the files of
// the runner.
func runner(t *testing.T) (getenv func(string) string, read func(string) string) {
	t.Helper()
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	getenv = func(name string) string {
		if name == "GITHUB_ACTIONS" {
			return "true"
		}
		if strings.HasPrefix(name, "GITHUB_") {
			return path(name)
		}
		return ""
	}
	return getenv, func(name string) string {
		raw, err := os.ReadFile(path(name))
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
}

func TestRecordsCannotBeEndedByTheirValue(t *testing.T) {
	t.Parallel()
	getenv, read := runner(t)
	w := workflow.New(getenv, &bytes.Buffer{})
	value := "a\n_GitHubActionsFileCommandDelimeter_\nghcr_publish_\ndigest=evil\n\n"
	for _, set := range []func(string, string) error{w.Output, w.State, w.Env} {
		if err := set("name", value); err != nil {
			t.Fatal(err)
		}
		if err := set("name2", "x\r\ny"); err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range []string{"GITHUB_OUTPUT", "GITHUB_STATE", "GITHUB_ENV"} {
		text := read(file)
		first, _, _ := strings.Cut(text, "\n")
		name, delimiter, _ := strings.Cut(first, "<<")
		if name != "name" || len(delimiter) < 30 {
			t.Errorf("%s starts with %q", file, first)
		}
		if !strings.HasPrefix(text, first+"\n"+value+"\n"+delimiter+"\n") {
			t.Errorf("%s is not one record: %q", file, text)
		}
		if !strings.Contains(text, "\nx\ny\n") || strings.Count(text, delimiter) != 2 {
			t.Errorf("%s: records share a delimiter or contain \\r: %q", file, text)
		}
	}
}

func TestNamesThatCouldForgeARecordAreRefused(t *testing.T) {
	t.Parallel()
	getenv, _ := runner(t)
	w := workflow.New(getenv, &bytes.Buffer{})
	for _, name := range []string{"", "a=b", "a<<b", "a\nb", "a\rb"} {
		if err := w.Output(name, "x"); err == nil {
			t.Errorf("output %q was written", name)
		}
	}
}

func TestNoCommandIsPrintedAtATerminal(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	w := workflow.New(func(string) string { return "" }, &out)
	w.Mask("hunter2")
	w.Group("g")()
	w.Annotate(workflow.Failure, "t", "x")
	for _, err := range []error{w.Check(), w.Output("a", "b"), w.State("a", "b"), w.Env("a", "b"), w.Summary(markdown.Escape("x"))} {
		if err != nil {
			t.Error(err)
		}
	}
	if w.Active() || out.Len() > 0 {
		t.Errorf("at a terminal, the program printed %q", out.String())
	}
}

func TestCheckReturnsAnErrorIfOutputsCannotBeSet(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cases := []struct{ name, path, code string }{
		{"missing", "", workflow.CodeOutputFileMissing},
		{"a folder", dir, workflow.CodeOutputFileUnwritable},
		{"in a missing folder", filepath.Join(dir, "no", "file"), workflow.CodeOutputFileUnwritable},
		{"writable", filepath.Join(dir, "file"), ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			err := workflow.New(func(name string) string {
				return map[string]string{"GITHUB_ACTIONS": "true", "GITHUB_OUTPUT": c.path}[name]
			}, &bytes.Buffer{}).Check()
			if (err == nil) != (c.code == "") || (err != nil && !diag.Is(err, c.code)) {
				t.Errorf("got %v, want %q", err, c.code)
			}
		})
	}
}

func TestAnnotationsEscapeTheirText(t *testing.T) {
	t.Parallel()
	getenv, _ := runner(t)
	var out bytes.Buffer
	w := workflow.New(getenv, &out)
	w.Annotate(workflow.Failure, "a:b,c\n::x", "100 % of\r\n::y ##[z]")
	w.Annotate(diag.Warning, "w", "text")
	w.Annotate(diag.Info, "i", "text")
	want := "::error title=a%3Ab%2Cc %3A%3Ax::100 %25 of \n"
	want = strings.Replace(want, "of \n", "of%0A.::y ## [z]\n", 1) + "::warning title=w::text\n::notice title=i::text\n"
	if out.String() != want {
		t.Errorf("got  %q\nwant %q", out.String(), want)
	}
}

// The runner keeps ten annotations of each level (docs/runner.md, Workflow commands).
func TestAnnotationsAfterTheLimitAreLogLines(t *testing.T) {
	t.Parallel()
	getenv, _ := runner(t)
	var out bytes.Buffer
	w := workflow.New(getenv, &out)
	for range 12 {
		w.Annotate(workflow.Failure, "t", strings.Repeat("é", 4000))
		w.Annotate(diag.Warning, "t", "x")
	}
	if n := strings.Count(out.String(), "::error title=t::"); n != 10 {
		t.Errorf("%d errors are annotations, want 10", n)
	}
	if n := strings.Count(out.String(), "\nwarning: t: x\n"); n != 2 {
		t.Errorf("%d warnings are plain lines, want 2", n)
	}
	for line := range strings.Lines(out.String()) {
		if strings.HasPrefix(line, "::error") && len(line) > 4096 || strings.Contains(line, "\ufffd") {
			t.Errorf("a message has %d bytes or ends inside a character", len(line))
		}
	}
}

func TestMaskOfSeveralLinesIsOneCommand(t *testing.T) {
	t.Parallel()
	getenv, _ := runner(t)
	var out bytes.Buffer
	w := workflow.New(getenv, &out)
	w.Mask("")
	w.Mask("a%\nb")
	if want := "::add-mask::a%25%0Ab\n"; out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}

func TestTitleOfAGroupIsOneLine(t *testing.T) {
	t.Parallel()
	getenv, _ := runner(t)
	var out bytes.Buffer
	workflow.New(getenv, &out).Group("a\n::error::b")()
	if want := "::group::a ::error::b\n::endgroup::\n"; out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}

func TestSummaryIsAppendedAndTruncatedAfterALine(t *testing.T) {
	t.Parallel()
	getenv, read := runner(t)
	w := workflow.New(getenv, &bytes.Buffer{})
	long := strings.Repeat(strings.Repeat("é", 50)+"\n", 20_000)
	for _, text := range []markdown.Text{markdown.Sprintf("one\n"), markdown.Block("", long)} {
		if err := w.Summary(text); err != nil {
			t.Fatal(err)
		}
	}
	got := strings.TrimPrefix(read("GITHUB_STEP_SUMMARY"), "one\n")
	if len(got) > workflow.MaxSummary || len(got) < workflow.MaxSummary-300 || !strings.Contains(got, "é\n\n\n_The summary is truncated") {
		t.Errorf("got %d bytes that end with %q", len(got), got[len(got)-80:])
	}
}

// A shell that reads the output of the program keeps a CR. On Windows, the library
// go-githubactions ends each command with CR LF.
func TestCommandsEndWithALineFeedOnEverySystem(t *testing.T) {
	t.Parallel()
	getenv, _ := runner(t)
	var out bytes.Buffer
	w := workflow.New(getenv, &out)
	w.Mask("a\r\nb")
	w.Group("pushing")()
	w.Annotate(diag.Warning, "title", "one\r\ntwo")
	want := "::add-mask::a%0D%0Ab\n::group::pushing\n::endgroup::\n::warning title=title::one%0Atwo\n"
	if out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}
