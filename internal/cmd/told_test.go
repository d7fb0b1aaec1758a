package cmd_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/cmd"
	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
)

// told is everything that one run left behind.
type told struct {
	t              *testing.T
	code           int
	stdout, stderr string
	outputs        map[string]string
	summary        string
	requests       []ghcrtest.Request
}

// noSecrets searches everything written for the canary, plain and in base64
// wherever it begins, and for the tokens that the registry hands out.
func (r told) noSecrets(files ...string) {
	r.t.Helper()
	var log strings.Builder
	for line := range strings.Lines(r.stdout) {
		if !strings.HasPrefix(line, "::add-mask::") {
			log.WriteString(line)
		}
	}
	for where, text := range map[string]string{
		"stdout": log.String(), "stderr": r.stderr, "the summary": r.summary, "the runner's files": strings.Join(files, "\n"),
	} {
		for _, form := range secretForms() {
			if strings.Contains(text, form) {
				r.t.Errorf("%s shows the token as %q", where, form)
			}
		}
	}
}

// secretForms are the canary, its base64 at each of the three alignments, and
// how registry tokens begin.
func secretForms() []string {
	forms := []string{canary, canary[10:30], base64.StdEncoding.EncodeToString([]byte("v1:"))}
	for shift := range 3 {
		encoded := base64.RawStdEncoding.EncodeToString([]byte(strings.Repeat("x", shift) + canary))
		forms = append(forms, encoded[4:len(encoded)-4])
	}
	return forms
}

// command is a line the runner would obey, with leading blanks as it allows.
var command = regexp.MustCompile(`^[\s\p{Z}\p{Cf}]*::`)

// known are the commands that we print ourselves.
var known = regexp.MustCompile(`^::(add-mask::|group::|endgroup::|(error|warning|notice) ([a-zA-Z]+=[^:,]*,?)+::)`)

// noForgery looks for commands in the log that we did not mean.
func (r told) noForgery(workflow bool) {
	r.t.Helper()
	for _, text := range []string{r.stdout, r.stderr} {
		for line := range strings.SplitSeq(text, "\n") {
			obeyed := command.MatchString(line) && !(workflow && known.MatchString(line))
			if obeyed || strings.Contains(line, "##[") || strings.ContainsAny(line, "\r\x00\x1b") {
				r.t.Errorf("the log holds a line that the runner would obey, or that draws: %q", line)
			}
		}
	}
}

// parseFile reads a file command as the runner does (docs/runner.md, File commands).
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
				return out, fmt.Errorf("line %q has neither form", line)
			}
			out[line[:equals]] = line[equals+1:]
			continue
		}
		name, delimiter := line[:heredoc], line[heredoc+2:]
		if name == "" || delimiter == "" || !found {
			return out, fmt.Errorf("line %q opens no record", line)
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

// annotation is what GitHub shows on the run's page.
type annotation struct{ level, title, text string }

func (r told) annotations() []annotation {
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

// count is how many requests a method and a part of the path have.
func (r told) count(method, path string) int {
	n := 0
	for _, q := range r.requests {
		if (method == "" || q.Method == method) && strings.Contains(q.Path, path) {
			n++
		}
	}
	return n
}

// writes are the requests that change something: all but the preflight's.
func (r told) writes() []string {
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

func (r told) fatal(format string, args ...any) {
	r.t.Helper()
	r.t.Fatalf(format+"\nexit %d\n--- stdout\n%s\n--- stderr\n%s\n--- outputs\n%v", append(args, r.code, r.stdout, r.stderr, r.outputs)...)
}

// succeeds ends the test unless the run did what was asked for.
func (r told) succeeds() told {
	r.t.Helper()
	if r.code != cmd.OK {
		r.fatal("the run failed")
	}
	return r
}

// failsWith ends the test unless the run failed with the code, a title and a
// hint that hold the words.
func (r told) failsWith(code string, words ...string) told {
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
			r.fatal("the error does not say %q:\n%s", w, text.String())
		}
	}
	if codes := r.codes(); len(r.outputs) > 0 && !slices.Contains(codes, code) {
		r.fatal("codes are %q, want %q", codes, code)
	}
	return r
}

// codes are the error codes of the output json; empty where no run began.
func (r told) codes() []string {
	var data struct{ Errors []struct{ Code string } }
	if json.Unmarshal([]byte(r.outputs["json"]), &data) != nil {
		return nil
	}
	var out []string
	for _, e := range data.Errors {
		out = append(out, e.Code)
	}
	return out
}

// wroteNothing ends the test if anything could have changed.
func (r told) wroteNothing() told {
	r.t.Helper()
	if w := r.writes(); len(w) > 0 {
		r.fatal("the run wrote: %q", w)
	}
	return r
}

// says compares outputs: name, value, and so on.
func (r told) says(pairs ...string) told {
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
