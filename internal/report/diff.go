package report

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"
	"unicode/utf8"

	"github.com/ghcr-publish/ghcr-publish/internal/image/compare"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/markdown"
)

// DiffSchemaID identifies the format of the JSON that the command "diff" writes.
const DiffSchemaID = "ghcr-publish/diff/v1"

// Diff describes the differences of two images. The command "diff" prints this value as
// JSON, and the output "json" contains the value.
type Diff struct {
	Schema  string `json:"schema"`
	Old     string `json:"old"` // Old is the old image, as the user wrote it.
	New     string `json:"new"`
	Changed bool   `json:"changed"` // Changed means that the images differ.
	compare.Changes
}

// NewDiff returns a report about two images.
func NewDiff(before, after string, changes *compare.Changes) *Diff {
	return &Diff{Schema: DiffSchemaID, Old: before, New: after, Changed: changes.Different(), Changes: *changes}
}

// Outputs returns the outputs of the step.
func (d *Diff) Outputs() ([]Output, error) {
	data, err := json.Marshal(d)
	if err == nil && len(data) > maxJSON {
		small := *d
		small.Platforms, small.Packages = withoutConfig(d.Platforms), nil
		data, err = json.Marshal(small)
	}
	if err != nil {
		return nil, err
	}
	return []Output{{"changed", strconv.FormatBool(d.Changed)}, {"json", string(data)}}, nil
}

// withoutConfig returns the platforms without the differences of their configs.
func withoutConfig(platforms []compare.PlatformChange) []compare.PlatformChange {
	out := make([]compare.PlatformChange, len(platforms))
	for i, p := range platforms {
		p.Omitted, p.Config = p.Omitted+len(p.Config), nil
		out[i] = p
	}
	return out
}

// JSON returns the report as indented JSON.
func (d *Diff) JSON() (string, error) { return printable(d) }

// Markdown returns the job summary.
func (d *Diff) Markdown() markdown.Text {
	var b markdown.Builder
	b.Printf("## 🔀 %s → %s\n\n", d.Old, d.New)
	if !d.Changed {
		b.Printf("The images are the same.\n")
		return b.Text()
	}
	mdLosses(&b, d.Losses)
	mdChanges(&b, &d.Changes)
	return b.Text()
}

// Text returns the differences for a terminal with 80 columns.
func (d *Diff) Text() string {
	var b strings.Builder
	textSide(&b, "old", d.Old, d.Before)
	textSide(&b, "new", d.New, d.After)
	if !d.Changed {
		b.WriteString("The images are the same.\n")
		return b.String()
	}
	b.WriteString("\n")
	textChanges(&b, &d.Changes)
	return b.String()
}

func textSide(b *strings.Builder, name, source, digest string) {
	if digest == "" {
		digest = unknownDigest
	}
	fmt.Fprintf(b, "%s  %s\n     %s\n", name, flat(source), digest)
}

// columns is the width of the text for a terminal.
const columns = 80

// textChanges writes the differences in at most 80 columns.
func textChanges(b *strings.Builder, c *compare.Changes) {
	textPlatformChanges(b, c.Platforms, "")
	for _, g := range groups(c.Platforms) {
		fmt.Fprintf(b, "\n%s\n", fit(g.of(), columns))
		for _, f := range g.facts {
			textFact(b, f)
		}
	}
	if len(c.Attestations) > 0 {
		b.WriteString("\nAttestations\n")
	}
	for n, a := range c.Attestations {
		if n == maxRows {
			fmt.Fprintf(b, "  … and %d more\n", len(c.Attestations)-n)
			break
		}
		fmt.Fprintf(b, "  %s\n", fit(attestationText(a), columns-2))
	}
	textPackages(b, c.Packages)
	textLosses(b, c.Losses)
}

// textPlatformChanges writes a table with one line per platform.
func textPlatformChanges(b *strings.Builder, platforms []compare.PlatformChange, indent string) {
	w := tabwriter.NewWriter(b, 0, 4, 2, ' ', 0)
	defer w.Flush()
	fmt.Fprintf(w, "%sPLATFORM\tCHANGE\tSIZE\tLAYERS\n", indent)
	for n, p := range platforms {
		if n == maxRows {
			fmt.Fprintf(w, "%s… and %d more\n", indent, len(platforms)-n)
			return
		}
		fmt.Fprintf(w, "%s%s\t%s\t%s\t%s\n", indent, flat(platformName(p.Platform)), p.Change, sizeChange(p), layerText(p))
	}
}

// textFact writes a fact in one line, or in three lines if the values are long.
func textFact(b *strings.Builder, f fact) {
	label := "  " + fit(f.label, 40)
	if f.text != "" {
		fmt.Fprintf(b, "%s: %s\n", label, f.text)
		return
	}
	before, after := orNone(f.before), orNone(f.after)
	if line := fmt.Sprintf("%s: %s → %s", label, before, after); utf8.RuneCountInString(line) <= columns {
		fmt.Fprintln(b, line)
		return
	}
	fmt.Fprintf(b, "%s:\n    - %s\n    + %s\n", label, fit(before, columns-6), fit(after, columns-6))
}

// orNone returns the value on one line, or a text for an empty value.
func orNone(value string) string {
	if value == "" {
		return "(none)"
	}
	return flat(value)
}

// packageMarks are the first characters of the lines of packages.
var packageMarks = map[compare.Kind]string{compare.Added: "+", compare.Removed: "-", compare.Changed: "~"}

func textPackages(b *strings.Builder, p *compare.PackageChanges) {
	if p == nil {
		return
	}
	fmt.Fprintf(b, "\nPackages: %s\n", packageCounts(p))
	for _, row := range p.Rows {
		line := fmt.Sprintf("  %s %s %s", packageMarks[row.Change], row.Name, versionChange(row))
		if len(row.Platforms) > 0 {
			line += " (" + listed(row.Platforms) + ")"
		}
		fmt.Fprintln(b, fit(line, columns))
	}
	if n := more(p); n > 0 {
		fmt.Fprintf(b, "  … and %d more\n", n)
	}
}

// versionChange returns the versions of a package.
func versionChange(row compare.PackageChange) string {
	if row.Change == compare.Changed {
		return row.Before + " → " + row.After
	}
	return row.Before + row.After
}

func textLosses(b *strings.Builder, losses []compare.Loss) {
	if len(losses) == 0 {
		return
	}
	b.WriteString("\nThe new image lacks\n")
	for n, l := range losses {
		if n == maxRows {
			fmt.Fprintf(b, "  … and %d more\n", len(losses)-n)
			return
		}
		fmt.Fprintf(b, "  %s\n", fit(l.String(), columns-2))
	}
}

// fit returns a text on one line with at most n characters.
func fit(s string, n int) string {
	indent := s[:len(s)-len(strings.TrimLeft(s, " "))]
	runes := []rune(indent + flat(s))
	if len(runes) <= n {
		return string(runes)
	}
	return string(runes[:n-1]) + "…"
}
