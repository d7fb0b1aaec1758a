package report

import (
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
)

// CheckSchemaID names the form of a check's JSON.
const CheckSchemaID = "ghcr-publish/check/v1"

// Ready is the outcome of a check whose publish would not be refused. The
// others are Failed, and Skipped where publish would be.
const Ready Outcome = "ready"

// Mark is how a finding is to be taken.
type Mark string

// The marks. Only a problem would make publish fail.
const (
	Fine    Mark = "ok"
	Info    Mark = "info"
	Doubt   Mark = "warning"
	Problem Mark = "problem"
)

// Finding is one line of a check.
type Finding struct {
	Mark  Mark   `json:"mark"`
	About string `json:"about"` // one word or two: push, visibility, clock
	Says  string `json:"says"`
}

// Checked is one destination that was looked at.
type Checked struct {
	Image         string    `json:"image"`
	MayPush       string    `json:"may_push"`           // yes, no, unknown
	MayPull       string    `json:"may_pull"`           // yes, no (or absent), unknown
	Exists        string    `json:"exists"`             // yes, no (or hidden), unknown
	Visibility    string    `json:"visibility"`         // as GitHub says; unknown
	Inherits      string    `json:"inherits,omitempty"` // visibility of a package that a push creates
	Linked        string    `json:"linked,omitempty"`   // yes, no, unknown
	Repository    string    `json:"linked_repository,omitempty"`
	AnonymousPull string    `json:"anonymous_pull,omitempty"` // allowed, refused, unknown
	PackageURL    string    `json:"package_url,omitempty"`
	SettingsURL   string    `json:"settings_url,omitempty"`
	Findings      []Finding `json:"findings"`
}

// Find adds a finding.
func (c *Checked) Find(m Mark, about, format string, args ...any) {
	c.Findings = append(c.Findings, Finding{m, about, fmt.Sprintf(format, args...)})
}

// Check is a run of check as data: its `json` output.
type Check struct {
	Schema   string    `json:"schema"`
	Outcome  Outcome   `json:"outcome"`
	Why      string    `json:"why,omitempty"` // for skipped
	Findings []Finding `json:"findings"`      // of token, API, clock
	Images   []Checked `json:"images"`
	Errors   []Message `json:"errors,omitempty"`
	Run      Run       `json:"run"`
}

// NewCheck returns an empty report of a run.
func NewCheck(run Run) *Check {
	return &Check{Schema: CheckSchemaID, Outcome: Failed, Findings: []Finding{}, Images: []Checked{}, Run: run}
}

// Find adds a finding about the run as a whole.
func (r *Check) Find(m Mark, about, format string, args ...any) {
	r.Findings = append(r.Findings, Finding{m, about, fmt.Sprintf(format, args...)})
}

// Notice adds notices as findings.
func (r *Check) Notice(about string, notices ...diag.Notice) {
	for _, n := range notices {
		mark := Info
		if n.Level == diag.Warning {
			mark = Doubt
		}
		r.Find(mark, about, "%s: %s", n.Title, n.Text)
	}
}

// Fail adds every error in err.
func (r *Check) Fail(err error) {
	told := &Report{}
	told.Fail(err)
	r.Errors = append(r.Errors, told.Errors...)
	if err != nil {
		r.Outcome = Failed
	}
}

// Outputs lists the step's outputs, those of one package for the first image.
func (r *Check) Outputs() ([]Output, error) {
	data, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	var first Checked
	if len(r.Images) > 0 {
		first = r.Images[0]
	}
	return []Output{
		{"outcome", string(r.Outcome)},
		{"image", first.Image},
		{"visibility", first.Visibility},
		{"linked", first.Linked},
		{"anonymous-pull", first.AnonymousPull},
		{"package-url", first.PackageURL},
		{"settings-url", first.SettingsURL},
		{"json", string(data)},
	}, nil
}

func (r *Check) headline() string {
	switch r.Outcome {
	case Ready:
		return "Publishing would not be refused."
	case Skipped:
		return "Publishing would be skipped: " + r.Why
	}
	return "Publishing would fail."
}

// Text is the table in the log and at a terminal.
func (r *Check) Text() string {
	var b strings.Builder
	rows(&b, r.Findings)
	for _, i := range r.Images {
		fmt.Fprintf(&b, "%s\n", i.Image)
		rows(&b, i.Findings)
	}
	fmt.Fprintln(&b, r.headline())
	return b.String()
}

func rows(b *strings.Builder, findings []Finding) {
	w := tabwriter.NewWriter(b, 0, 4, 2, ' ', 0)
	for _, f := range findings {
		says := strings.Split(f.Says, "\n")
		fmt.Fprintf(w, "  %s\t%s\t%s\n", f.Mark, f.About, says[0])
		for _, more := range says[1:] {
			fmt.Fprintf(w, "  \t\t%s\n", more)
		}
	}
	w.Flush()
}

// signs are the marks as a summary shows them.
var signs = map[Mark]string{Fine: "✅", Info: "ℹ️", Doubt: "⚠️", Problem: "❌"}

// Markdown is the job summary.
func (r *Check) Markdown() string {
	var b strings.Builder
	sign := signs[Fine]
	if r.Outcome == Failed {
		sign = signs[Problem]
	}
	fmt.Fprintf(&b, "## %s %s\n\n", sign, text(r.headline()))
	mdFindings(&b, r.Findings)
	for n, i := range r.Images {
		if n == maxRows {
			fmt.Fprintf(&b, "… and %d more images\n", len(r.Images)-n)
			break
		}
		fmt.Fprintf(&b, "### %s\n\n", link(i.Image, i.PackageURL))
		mdFindings(&b, i.Findings)
	}
	(&Report{Errors: r.Errors}).mdErrors(&b)
	return b.String()
}

func mdFindings(b *strings.Builder, findings []Finding) {
	if len(findings) == 0 {
		return
	}
	b.WriteString("| | | |\n|---|---|---|\n")
	for _, f := range findings {
		fmt.Fprintf(b, "| %s | %s | %s |\n", signs[f.Mark], text(f.About), text(f.Says))
	}
	b.WriteByte('\n')
}
