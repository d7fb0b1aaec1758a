package report_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/report"
)

func TestCheckAsTextAndSummary(t *testing.T) {
	t.Parallel()
	r := report.NewCheck(report.Run{})
	r.Find(report.OK, "token", "works")
	r.Notice("token", diag.Notice{Level: diag.Warning, Title: "The token ends soon", Text: "tomorrow"})
	r.Images = []report.CheckedImage{{Image: "ghcr.io/acme/web", Visibility: "public", Linked: "yes", PackageURL: "https://github.com/x"}}
	r.Images[0].Find(report.Problem, "push", "it | may `not`\nDo something")
	r.Fail(errors.New("no"))

	want := `  ok       token  works
  warning  token  The token ends soon: tomorrow
ghcr.io/acme/web
` + "  problem  push  it | may `not`\n" + `                 Do something
Publishing would fail.
`
	if got := r.Text(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	summary := r.Markdown()
	for _, part := range []string{"## ❌ Publishing would fail.", "| ✅ | token | works |", "[ghcr.io/acme/web](https://github.com/x)", "| ❌ | push | it \\| may \\`not\\` Do something |"} {
		if !strings.Contains(summary, part) {
			t.Errorf("the summary does not contain %q:\n%s", part, summary)
		}
	}
	outputs, err := r.Outputs()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, o := range outputs {
		got[o.Name] = o.Value
	}
	if got["outcome"] != "failed" || got["visibility"] != "public" || got["linked"] != "yes" || !strings.Contains(got["json"], report.CheckSchemaID) {
		t.Errorf("got the outputs %v", got)
	}
}

func TestCheckTextOfEachOutcome(t *testing.T) {
	t.Parallel()
	r := report.NewCheck(report.Run{})
	r.Outcome = report.Ready
	if got := r.Text(); got != "Publishing would not be refused.\n" {
		t.Errorf("got %q", got)
	}
	r.Outcome, r.Reason = report.Skipped, "the token may only read"
	if got := r.Text(); got != "Publishing would be skipped: the token may only read\n" {
		t.Errorf("got %q", got)
	}
}
