package migrate

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
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

func TestTableAndMarkdown(t *testing.T) {
	r := sampleReport(t)
	var table bytes.Buffer
	if err := r.Table(&table); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{".github/workflows/a.yml:7:14", "pat-login", "cross-owner", "→ Move this step", "bad.yml"} {
		if !strings.Contains(table.String(), want) {
			t.Errorf("the table does not contain %q:\n%s", want, table.String())
		}
	}
	markdown := r.Markdown()
	for _, want := range []string{
		"3 files read, 1 finding with an edit, 1 finding without an edit, 1 skipped.",
		"| .github/workflows/a.yml:7 | fixed |", "```diff\n--- a/.github/workflows/a.yml", "Skipped .github/workflows/bad.yml",
	} {
		if !strings.Contains(markdown, want) {
			t.Errorf("the summary does not contain %q:\n%s", want, markdown)
		}
	}
	if fixed, remaining := r.Count(Fixed), r.Count(Remaining); fixed != 1 || remaining != 1 {
		t.Errorf("%d findings with an edit and %d without, want 1 and 1", fixed, remaining)
	}
}

func TestMarkdownOfAFileIsEscaped(t *testing.T) {
	t.Parallel()
	evil := Finding{File: "a|b<script>`.yml", Line: 1, Code: PATLogin, State: Remaining, Text: "x\n| y"}
	r := &Report{Findings: []Finding{evil}, Files: []File{{Path: "x", Before: []byte("a\n"), After: []byte("````\n")}}}
	got := r.Markdown()
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
