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

	want := `Publishing ghcr.io/acme/web would fail
` + "  problem  push   it | may `not`\n" + `                  Do something
  ok       token  works
  warning  token  The token ends soon: tomorrow
`
	if got := r.Text(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	summary := r.Markdown().String()
	for _, part := range []string{"## ❌ Publishing `ghcr.io/acme/web` would fail\n", "| ✅ | Which token is used? | works |", "| ❌ | May the token push? | it \\| may \\`not\\` Do something |"} {
		if !strings.Contains(summary, part) {
			t.Errorf("the summary does not contain %q:\n%s", part, summary)
		}
	}
	if box, row := strings.Index(summary, "[!CAUTION]"), strings.Index(summary, "| ❌ |"); box < 0 || box > row {
		t.Errorf("the error does not come before the table:\n%s", summary)
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
	r.Images = []report.CheckedImage{{Image: "ghcr.io/acme/web"}}
	r.Outcome = report.Ready
	if got := r.Text(); got != "Ready to publish ghcr.io/acme/web\n" {
		t.Errorf("got %q", got)
	}
	r.Skip(&diag.Error{Title: "The token may only read", Hint: "Publish later.", Err: errors.New("403")})
	if got := r.Text(); got != "Publishing ghcr.io/acme/web would be skipped\nThe token may only read\nPublish later.\n403\n" {
		t.Errorf("got %q", got)
	}
}
