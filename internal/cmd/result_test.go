package cmd_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/cmd"
	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
	"github.com/ghcr-publish/ghcr-publish/internal/report/schema"
)

// result contains the exit code, the output and the requests of one run.
type result struct {
	t              *testing.T
	code           int
	err            error // the error that the run has shown
	stdout, stderr string
	outputs        map[string]string
	summary        string
	requests       []ghcrtest.Request
}

// reports checks the JSON of all runs against the schemas of the reports.
var reports = schema.Checker{Folder: filepath.Join("..", "report")}

// hasValidReport fails the test if the output "json" differs from its schema. The output
// of the command "metadata" has the format of docker/metadata-action and no schema.
func (r result) hasValidReport(command string) {
	r.t.Helper()
	text := r.outputs["json"]
	if text == "" || command == "metadata" {
		return
	}
	if err := reports.Check([]byte(text)); err != nil {
		r.t.Errorf("the output json differs from its schema: %v", err)
	}
}

// noSecrets fails the test if the output or a file contains a secret form of the canary
// or a token of the registry.
func (r result) noSecrets(files ...string) {
	r.t.Helper()
	var log strings.Builder
	for line := range strings.Lines(r.stdout) {
		if !strings.HasPrefix(line, "::add-mask::") {
			log.WriteString(line)
		}
	}
	for name, text := range map[string]string{
		"stdout": log.String(), "stderr": r.stderr, "the summary": r.summary, "the runner's files": strings.Join(files, "\n"),
	} {
		for _, form := range secretForms() {
			if strings.Contains(text, form) {
				r.t.Errorf("%s contains the token as %q", name, form)
			}
		}
	}
}

// secretForms returns the forms of a secret: the canary, its Base64 at each of the
// three alignments, and the prefix of registry tokens.
func secretForms() []string {
	forms := []string{canary, canary[10:30], base64.StdEncoding.EncodeToString([]byte("v1:"))}
	for shift := range 3 {
		encoded := base64.RawStdEncoding.EncodeToString([]byte(strings.Repeat("x", shift) + canary))
		forms = append(forms, encoded[4:len(encoded)-4])
	}
	return forms
}

// command matches a line that the runner executes. The runner allows leading spaces.
var command = regexp.MustCompile(`^[\s\p{Z}\p{Cf}]*::`)

// known matches the runner commands that the program prints.
var known = regexp.MustCompile(`^::(add-mask::|group::|endgroup::|(error|warning|notice) ([a-zA-Z]+=[^:,]*,?)+::)`)

// noRunnerCommand fails the test if the log contains another runner command or a
// control character.
func (r result) noRunnerCommand(workflow bool) {
	r.t.Helper()
	for _, text := range []string{r.stdout, r.stderr} {
		for line := range strings.SplitSeq(text, "\n") {
			executed := command.MatchString(line) && !(workflow && known.MatchString(line))
			if executed || strings.Contains(line, "##[") || strings.ContainsAny(line, "\r\x00\x1b") {
				r.t.Errorf("the log contains a runner command or a control character: %q", line)
			}
		}
	}
}

// parseFile parses a file of file commands as the runner does (docs/runner.md, File commands).
func parseFile(text string) (map[string]string, error) {
	out := map[string]string{}
	for text != "" {
		line, rest, found := strings.Cut(text, "\n")
		text = rest
		if line == "" {
			continue
		}
		equals, heredoc := strings.Index(line, "="), strings.Index(line, "<<")
		if heredoc < 0 || (equals >= 0 && equals < heredoc) {
			if equals <= 0 {
				return out, fmt.Errorf("line %q has neither of the two forms", line)
			}
			out[line[:equals]] = line[equals+1:]
			continue
		}
		name, delimiter := line[:heredoc], line[heredoc+2:]
		if name == "" || delimiter == "" || !found {
			return out, fmt.Errorf("line %q does not begin a record", line)
		}
		end := strings.Index("\n"+text, "\n"+delimiter+"\n")
		if end < 0 {
			return out, fmt.Errorf("record %q has no end", name)
		}
		if _, twice := out[name]; twice {
			return out, fmt.Errorf("output %q is set twice", name)
		}
		out[name] = strings.TrimSuffix(text[:end], "\n")
		text = text[end+len(delimiter)+1:]
	}
	return out, nil
}

// annotation is a message that GitHub shows on the page of the run.
type annotation struct{ level, title, text string }

func (r result) annotations() []annotation {
	unescape := strings.NewReplacer("%0D", "\r", "%0A", "\n", "%3A", ":", "%2C", ",", "%25", "%")
	var out []annotation
	for line := range strings.SplitSeq(r.stdout, "\n") {
		for _, level := range []string{"error", "warning", "notice"} {
			if rest, ok := strings.CutPrefix(line, "::"+level+" title="); ok {
				title, text, _ := strings.Cut(rest, "::")
				out = append(out, annotation{level, unescape.Replace(title), unescape.Replace(text)})
			}
		}
	}
	return out
}

// count returns the number of requests with a method and a part of the path.
func (r result) count(method, path string) int {
	n := 0
	for _, q := range r.requests {
		if (method == "" || q.Method == method) && strings.Contains(q.Path, path) {
			n++
		}
	}
	return n
}

// writes returns the requests that change the registry. An upload that is only opened,
// as the preflight does, changes nothing.
func (r result) writes() []string {
	var out []string
	for _, q := range r.requests {
		switch {
		case q.Method == "GET" || q.Method == "HEAD" || q.Class == ghcrtest.ClassToken:
		case q.Method == "POST" && strings.HasSuffix(q.Path, "/blobs/uploads/"):
		default:
			out = append(out, q.Method+" "+q.Path)
		}
	}
	return out
}

func (r result) fatal(format string, args ...any) {
	r.t.Helper()
	r.t.Fatalf(format+"\nexit %d\n--- stdout\n%s\n--- stderr\n%s\n--- outputs\n%v", append(args, r.code, r.stdout, r.stderr, r.outputs)...)
}

// succeeds ends the test unless the run succeeded.
func (r result) succeeds() result {
	r.t.Helper()
	if r.code != cmd.OK {
		r.fatal("the run failed")
	}
	return r
}

// failsWith ends the test unless the run failed with the code. The title or the hint
// must contain the words.
func (r result) failsWith(code string, words ...string) result {
	r.t.Helper()
	if r.code != cmd.Failure {
		r.fatal("exit %d, want %d", r.code, cmd.Failure)
	}
	var text strings.Builder
	for _, a := range r.annotations() {
		if a.level == "error" {
			text.WriteString(a.title + "\n" + a.text + "\n")
		}
	}
	if text.Len() == 0 {
		text.WriteString(r.stderr)
	}
	for _, w := range words {
		if !strings.Contains(text.String(), w) {
			r.fatal("the error does not contain %q:\n%s", w, text.String())
		}
	}
	if codes := r.codes(); !slices.Contains(codes, code) {
		r.fatal("codes are %q, want %q", codes, code)
	}
	if codes, ok := r.outputCodes(); ok && !slices.Contains(codes, code) {
		r.fatal("codes in the output json are %q, want %q", codes, code)
	}
	return r
}

// codes returns the codes of the errors that the run has shown.
func (r result) codes() []string {
	var out []string
	for _, e := range diag.All(r.err) {
		out = append(out, e.Code)
	}
	return out
}

// outputCodes returns the codes in the output json. It returns false if the output is
// not set, because a command without results or with invalid inputs does not set it.
func (r result) outputCodes() (out []string, ok bool) {
	var data struct{ Errors []struct{ Code string } }
	if json.Unmarshal([]byte(r.outputs["json"]), &data) != nil {
		return nil, false
	}
	for _, e := range data.Errors {
		out = append(out, e.Code)
	}
	return out, true
}

// wroteNothing ends the test if a request could have changed the registry.
func (r result) wroteNothing() result {
	r.t.Helper()
	if w := r.writes(); len(w) > 0 {
		r.fatal("the run wrote: %q", w)
	}
	return r
}

// hasOutputs compares outputs. The arguments are pairs of a name and a value.
func (r result) hasOutputs(pairs ...string) result {
	r.t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		if got, ok := r.outputs[pairs[i]]; got != pairs[i+1] {
			r.t.Errorf("output %s is %q (set: %t), want %q", pairs[i], got, ok, pairs[i+1])
		}
	}
	if r.t.Failed() {
		r.fatal("outputs differ")
	}
	return r
}
