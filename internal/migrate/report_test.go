package migrate

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/text"
)

// sampleReport returns a report with a fixed finding, a remaining finding, a
// note and a skipped file.
func sampleReport(t *testing.T) *Report {
	t.Helper()
	dir := checkoutWith(t, map[string]string{
		".github/workflows/a.yml":   patLogin,
		".github/workflows/b.yml":   strings.ReplaceAll(patLogin, "ghcr.io/acme", "ghcr.io/other"),
		".github/workflows/bad.yml": "jobs: [",
	})
	t.Chdir(dir)
	return scan(t, Options{}, Root{Dir: ".", Repository: "acme/web"})
}

func TestTextAndMarkdown(t *testing.T) {
	r := sampleReport(t)
	text := textOf(t, r)
	for _, want := range []string{
		"1 edit in 1 file, 1 change to make by hand, 1 note, 1 skipped file\n\n--- a/.github/workflows/a.yml",
		".github/workflows/a.yml:7:14  would change  pat-login", "cross-owner", "→ Move this step", "bad.yml",
		"1 edit in 1 file. Nothing was written. To write the edit, run: COMMAND\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the text does not contain %q:\n%s", want, text)
		}
	}
	markdown := r.Markdown("COMMAND").String()
	for _, want := range []string{
		"## 📋 Migration to GITHUB\\_TOKEN: 1 edit in 1 file, 1 change to make by hand, 1 note, 1 skipped file\n", "Nothing was written. To write the edit, run: `COMMAND`",
		"| .github/workflows/a.yml:7 | docker login uses", "\n```diff\n--- a/.github/workflows/a.yml", "Skipped .github/workflows/bad.yml",
	} {
		if !strings.Contains(markdown, want) {
			t.Errorf("the summary does not contain %q:\n%s", want, markdown)
		}
	}
	if edits, remaining := r.Edits(), r.Count(Remaining); edits != 1 || remaining != 1 {
		t.Errorf("%d edits and %d changes by hand, want 1 and 1", edits, remaining)
	}
}

func textOf(t *testing.T, r *Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := r.Text(&b, "COMMAND"); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestWrittenEditsHaveTheStateChanged(t *testing.T) {
	r := sampleReport(t)
	if err := Write(r); err != nil {
		t.Fatal(err)
	}
	if r.Count(Changed) != 1 || r.Count(WouldChange) != 0 {
		t.Errorf("the findings are %+v", r.Findings)
	}
	for _, text := range []string{textOf(t, r), r.Markdown("COMMAND").String()} {
		if strings.Contains(text, "would change") || strings.Contains(text, "COMMAND") || !strings.Contains(text, "Changed .github/workflows/a.yml. Review the result with git diff") {
			t.Errorf("the report of a run that wrote the edits is\n%s", text)
		}
	}
}

// An edit that could not be written keeps its state, because the file is
// unchanged.
func TestAnEditThatIsNotWrittenIsNotReportedAsChanged(t *testing.T) {
	r := sampleReport(t)
	if err := os.WriteFile(".github/workflows/a.yml", []byte("# mine\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := Write(r); err == nil {
		t.Fatal("no error")
	}
	if text := textOf(t, r); r.Count(Changed) != 0 || !strings.Contains(text, "would change") || !strings.Contains(text, "Nothing was written.") {
		t.Errorf("got\n%s", text)
	}
}

func TestMarkdownOfAFileIsEscaped(t *testing.T) {
	t.Parallel()
	evil := Finding{File: "a|b<script>`.yml", Line: 1, Code: PATLogin, State: Remaining, Text: "x\n| y"}
	r := &Report{Findings: []Finding{evil}, Files: []File{{Path: "x", Before: []byte("a\n"), After: []byte("````\n"), Edits: []text.Edit{{Start: 0, End: 1, New: "````"}}}}}
	got := r.Markdown("`x`").String()
	for _, bad := range []string{"<script>", "\n| y", "\n```diff"} {
		if strings.Contains(got, bad) {
			t.Errorf("%q is in the summary:\n%s", bad, got)
		}
	}
}

func TestSARIF(t *testing.T) {
	r := sampleReport(t)
	var b bytes.Buffer
	if err := r.SARIF(&b); err != nil {
		t.Fatal(err)
	}
	var log sarifLog
	if err := json.Unmarshal(b.Bytes(), &log); err != nil {
		t.Fatal(err)
	}
	run := log.Runs[0]
	if log.Version != "2.1.0" || len(run.Results) != len(r.Findings) {
		t.Fatalf("version %q, %d results for %d findings", log.Version, len(run.Results), len(r.Findings))
	}
	for i, result := range run.Results {
		if run.Tool.Driver.Rules[result.RuleIndex].ID != result.RuleID || result.RuleID != r.Findings[i].Code {
			t.Errorf("result %d has the rule %q at index %d", i, result.RuleID, result.RuleIndex)
		}
		if at := result.Locations[0].Physical; at.Region.StartLine < 1 || !strings.HasPrefix(at.Artifact.URI, ".github/") {
			t.Errorf("result %d is at %+v", i, at)
		}
	}
}

func TestEveryCodeHasATitleAndHelp(t *testing.T) {
	t.Parallel()
	for code, rule := range rules {
		if rule.title == "" || rule.help == "" || strings.ToLower(string(code)) != string(code) {
			t.Errorf("%q: %+v", code, rule)
		}
	}
}
