package report

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/markdown"
)

// CheckSchemaID identifies the format of the JSON that the command "check" writes.
const CheckSchemaID = "ghcr-publish/check/v1"

// Ready means that the registry would not refuse the push. The outcome of a check can
// also be Failed, or Skipped if the command "publish" would skip the push.
const Ready Outcome = "ready"

// Mark is the severity of a finding.
type Mark string

// The marks. Only the mark Problem means that the command "publish" would fail.
const (
	OK      Mark = "ok"
	Info    Mark = "info"
	Unknown Mark = "unknown" // Unknown means that the token cannot read the fact.
	Warning Mark = "warning"
	Problem Mark = "problem"
)

// Finding is one result of a check.
type Finding struct {
	Mark    Mark   `json:"mark"`
	Subject string `json:"subject"` // Subject is a key of the map "subjects", for example "push" or "clock".
	Text    string `json:"text"`    // Text answers the question about the subject.
}

// subject holds the texts for all findings about one subject.
type subject struct {
	question string // question is the question that the text of a finding answers.
	warning  string // warning is the title of the annotation for a warning.
}

var subjects = map[string]subject{
	"push":       {"May the token push?", "It is not known whether the token may push"},
	"pull":       {"May the token pull?", "It is not known whether the token may pull"},
	"package":    {"Does the package exist?", "It is not known whether the package exists"},
	"link":       {"Which repository is the package linked to?", "The package is linked to no repository"},
	"visibility": {"What is the visibility of the package?", "The visibility of the package differs from the input visibility"},
	"anonymous":  {"Can the image be pulled without credentials?", "It is not known whether the image can be pulled without credentials"},
	"registry":   {"Is the registry reachable?", "The registry is not reachable"},
	"GitHub":     {"Does the registry belong to GitHub?", "The registry does not belong to GitHub"},
	"token":      {"Which token is used?", "The token needs attention"},
	"API":        {"Is GitHub's API reachable?", "GitHub's API did not respond"},
	"clock":      {"Is the clock of this machine correct?", "The clock of this machine is wrong"},
	"input":      {"Are the inputs valid?", "An input needs attention"},
}

// Title returns the title of an annotation for a warning.
func (f Finding) Title() string { return subjects[f.Subject].warning }

// CheckedImage describes one destination that was checked.
type CheckedImage struct {
	Image         string    `json:"image"`
	MayPush       string    `json:"may_push"`           // MayPush is "yes", "no" or "unknown".
	MayPull       string    `json:"may_pull"`           // MayPull is "yes", "no" or "unknown". MayPull is also "no" if the package does not exist.
	Exists        string    `json:"exists"`             // Exists is "yes", "no" or "unknown". Exists is also "no" if the token cannot see the package.
	Visibility    string    `json:"visibility"`         // Visibility is the visibility that GitHub reports, or "unknown".
	Inherits      string    `json:"inherits,omitempty"` // Inherits is the visibility that a new package gets from its repository.
	Linked        string    `json:"linked,omitempty"`   // Linked is "yes", "no" or "unknown".
	Repository    string    `json:"linked_repository,omitempty"`
	AnonymousPull string    `json:"anonymous_pull,omitempty"` // AnonymousPull is "allowed", "refused" or "unknown".
	PackageURL    string    `json:"package_url,omitempty"`
	SettingsURL   string    `json:"settings_url,omitempty"`
	Findings      []Finding `json:"findings"`
}

// Find adds a finding about the destination.
func (c *CheckedImage) Find(m Mark, subject, format string, args ...any) {
	c.Findings = append(c.Findings, Finding{m, subject, fmt.Sprintf(format, args...)})
}

// Check describes a run of the command "check". The output "json" contains the report.
type Check struct {
	Schema   string         `json:"schema"`
	Outcome  Outcome        `json:"outcome"`
	Reason   string         `json:"reason,omitempty"`  // Reason is the reason why the outcome is "skipped".
	Refusal  *Message       `json:"refusal,omitempty"` // Refusal is the refusal of the push if the outcome is "skipped".
	Findings []Finding      `json:"findings"`          // Findings contains the findings about the token, the API, the clock and the inputs.
	Images   []CheckedImage `json:"images"`
	Errors   []Message      `json:"errors,omitempty"`
	Run      Run            `json:"run"`
}

// NewCheck returns a report without findings. The outcome of the report is
// Failed until the caller sets another outcome.
func NewCheck(run Run) *Check {
	return &Check{Schema: CheckSchemaID, Outcome: Failed, Findings: []Finding{}, Images: []CheckedImage{}, Run: run}
}

// Find adds a finding about the token, the API, the clock or the inputs.
func (r *Check) Find(m Mark, subject, format string, args ...any) {
	r.Findings = append(r.Findings, Finding{m, subject, fmt.Sprintf(format, args...)})
}

// Notice adds notices as findings.
func (r *Check) Notice(subject string, notices ...diag.Notice) {
	for _, n := range notices {
		mark := Info
		if n.Level == diag.Warning {
			mark = Warning
		}
		r.Find(mark, subject, "%s: %s", n.Title, n.Text)
	}
}

// Fail adds each error in err to the report. If err is not nil, Fail also sets the
// outcome to Failed.
func (r *Check) Fail(err error) {
	messages := &Report{}
	messages.Fail(err)
	r.Errors = append(r.Errors, messages.Errors...)
	if err != nil {
		r.Outcome = Failed
	}
}

// Outputs returns the outputs of the step. If the check covers several images, the
// outputs about a package describe the package of the first image.
func (r *Check) Outputs() ([]Output, error) {
	data, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	var first CheckedImage
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

// Skip sets the outcome to Skipped, because the command "publish" would skip the push.
// The refusal gives the reason.
func (r *Check) Skip(refusal error) {
	m := errorMessages(refusal)[0]
	r.Outcome, r.Reason, r.Refusal = Skipped, m.Title, &m
}

// headline states in one line whether the command "publish" would succeed.
func (r *Check) headline() markdown.Text {
	subject := markdown.Escape(Count(len(r.Images), "image"))
	if len(r.Images) == 1 {
		subject = markdown.Code(r.Images[0].Image)
	}
	switch r.Outcome {
	case Ready:
		return markdown.Sprintf("Ready to publish %s", subject)
	case Skipped:
		return markdown.Sprintf("Publishing %s would be skipped", subject)
	}
	return markdown.Sprintf("Publishing %s would fail", subject)
}

// Text returns the headline and the tables of findings, for the log and for a
// terminal.
func (r *Check) Text() string {
	var b strings.Builder
	fmt.Fprintln(&b, r.headline().Plain())
	if r.Refusal != nil {
		fmt.Fprintf(&b, "%s\n%s\n", r.Refusal.Title, r.Refusal.body())
	}
	if len(r.Images) == 1 {
		rows(&b, r.allFindings())
		return b.String()
	}
	for _, i := range r.Images {
		fmt.Fprintf(&b, "%s\n", i.Image)
		rows(&b, i.Findings)
	}
	rows(&b, r.Findings)
	return b.String()
}

// allFindings returns the findings about the only image, and then the other findings.
func (r *Check) allFindings() []Finding {
	return append(slices.Clone(r.Images[0].Findings), r.Findings...)
}

func rows(b *strings.Builder, findings []Finding) {
	w := tabwriter.NewWriter(b, 0, 4, 2, ' ', 0)
	for _, f := range findings {
		lines := strings.Split(f.Text, "\n")
		fmt.Fprintf(w, "  %s\t%s\t%s\n", f.Mark, f.Subject, lines[0])
		for _, line := range lines[1:] {
			fmt.Fprintf(w, "  \t\t%s\n", line)
		}
	}
	w.Flush()
}

// signs contains the symbol of each mark for the summary.
var signs = map[Mark]markdown.Text{
	OK: markdown.Sprintf("✅"), Info: markdown.Sprintf("ℹ️"), Unknown: markdown.Sprintf("➖"),
	Warning: markdown.Sprintf("⚠️"), Problem: markdown.Sprintf("❌"),
}

// outcomeSigns contains the symbol of each outcome for the title of a summary.
var outcomeSigns = map[Outcome]markdown.Text{
	Ready: markdown.Sprintf("✅"), Skipped: markdown.Sprintf("⏭️"), Failed: markdown.Sprintf("❌"),
}

// Markdown returns the job summary. The errors come first, and then tables with one row
// per finding.
func (r *Check) Markdown() markdown.Text {
	var b markdown.Builder
	b.Printf("## %s %s\n\n", outcomeSigns[r.Outcome], r.headline())
	mdErrors(&b, r.Errors)
	mdRefusal(&b, r.Refusal)
	if len(r.Images) == 1 {
		mdFindings(&b, r.allFindings())
		return b.Text()
	}
	for n, i := range r.Images {
		if n == maxRows {
			b.Printf("… and %d more images.\n\n", len(r.Images)-n)
			break
		}
		b.Printf("### %s\n\n", markdown.Link(i.Image, i.PackageURL))
		mdFindings(&b, i.Findings)
	}
	mdFindings(&b, r.Findings)
	return b.Text()
}

func mdFindings(b *markdown.Builder, findings []Finding) {
	if len(findings) == 0 {
		return
	}
	b.Printf("| | Question | Answer |\n|---|---|---|\n")
	for _, f := range findings {
		b.Printf("| %s | %s | %s |\n", signs[f.Mark], subjects[f.Subject].question, f.Text)
	}
	b.Printf("\n")
}
