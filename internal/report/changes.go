package report

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/image/compare"
)

// sizeChange returns the sizes before and after, for example "12.3 MB → 14.1 MB (+15%)".
func sizeChange(p compare.PlatformChange) string {
	out := ""
	switch p.Change {
	case compare.Added:
		out = Bytes(p.SizeAfter)
	case compare.Removed:
		out = Bytes(p.SizeBefore)
	case compare.Changed, compare.Same:
		if out = Bytes(p.SizeBefore); p.SizeBefore != p.SizeAfter {
			out += " → " + Bytes(p.SizeAfter) + percent(p)
		}
	}
	if p.Uncompressed {
		out += ", uncompressed"
	}
	return out
}

// percent returns the growth as a suffix. For a growth of less than half a percent,
// percent returns "".
func percent(p compare.PlatformChange) string {
	if p.SizeBefore == 0 || p.Uncompressed {
		return ""
	}
	growth := 100 * (float64(p.SizeAfter) - float64(p.SizeBefore)) / float64(p.SizeBefore)
	if text := fmt.Sprintf("%+.0f%%", growth); text != "+0%" && text != "-0%" {
		return " (" + text + ")"
	}
	return ""
}

// layerText returns the numbers of layers, for example "3 kept, 1 added, 1 removed".
func layerText(p compare.PlatformChange) string {
	switch p.Change {
	case compare.Added:
		return fmt.Sprint(p.Layers.Added)
	case compare.Removed:
		return fmt.Sprint(p.Layers.Removed)
	case compare.Changed, compare.Same:
	}
	var parts []string
	for _, part := range []struct {
		n    int
		word string
	}{{p.Layers.Kept, "kept"}, {p.Layers.Added, "added"}, {p.Layers.Removed, "removed"}} {
		if part.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", part.n, part.word))
		}
	}
	return strings.Join(parts, ", ")
}

// platformName returns the name of a platform for display.
func platformName(name string) string {
	if name == "" {
		return "no platform"
	}
	return name
}

// fact is one difference: the label of a field, and its values in both images. If a value
// is not shown, the text replaces both values.
type fact struct{ label, before, after, text string }

// hidden returns the columns for a value that is never shown: the value of a variable.
// The last result is false for other facts.
func (f fact) hidden() (before, after string, ok bool) {
	const value = "not shown"
	if !strings.HasPrefix(f.label, fieldLabels["env"]+" ") {
		return "", "", false
	}
	switch compare.Kind(f.text) {
	case compare.Added:
		return "", value, true
	case compare.Removed:
		return value, "", true
	case compare.Changed:
		return value, "changed, " + value, true
	case compare.Same:
	}
	return "", "", false
}

// fieldLabels are the labels of the fields of a config.
var fieldLabels = map[string]string{
	"cmd": "command", "port": "port", "env": "variable", "stop-signal": "stop signal", "workdir": "working directory",
}

// facts returns the differences of one platform, except the sizes and the layers.
func factsOf(p compare.PlatformChange) []fact {
	var out []fact
	if p.Base != nil {
		out = append(out, baseFact(p.Base)...)
	}
	for _, c := range p.Config {
		label := fieldLabels[c.Field]
		if label == "" {
			label = c.Field
		}
		f := fact{label: label, before: c.Before, after: c.After}
		if c.Name != "" {
			f.label += " " + c.Name
		}
		if c.Before == "" && c.After == "" {
			f.text = string(c.Change)
		}
		out = append(out, f)
	}
	if p.Omitted > 0 {
		out = append(out, fact{label: "config", text: fmt.Sprintf("%d more differences", p.Omitted)})
	}
	return out
}

// baseFact returns the change of the base image. If the images do not state their base
// images, the fact is a conclusion from the first layers.
func baseFact(b *compare.BaseChange) []fact {
	switch {
	case b.Change == compare.Same:
		return nil
	case b.Stated:
		return []fact{{label: "base image", before: shortDigests(b.Before), after: shortDigests(b.After)}}
	}
	return []fact{{label: "base image", text: "probably changed, because the first layer differs"}}
}

// changeGroup contains platforms with the same differences.
type changeGroup struct {
	platforms []string
	facts     []fact
}

// groups joins the platforms with the same differences. Platforms without differences of
// the config and of the base image have no group.
func groups(platforms []compare.PlatformChange) []changeGroup {
	var out []changeGroup
next:
	for _, p := range platforms {
		facts := factsOf(p)
		if len(facts) == 0 {
			continue
		}
		for i := range out {
			if reflect.DeepEqual(out[i].facts, facts) {
				out[i].platforms = append(out[i].platforms, platformName(p.Platform))
				continue next
			}
		}
		if len(out) == maxRows {
			break
		}
		out = append(out, changeGroup{[]string{platformName(p.Platform)}, facts})
	}
	return out
}

// of returns the platforms of a group as text.
func (g changeGroup) of() string { return listed(g.platforms) }

// listed joins the names, and omits names after the fifth name.
func listed(names []string) string {
	const most = 5
	if len(names) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
	}
	return strings.Join(names, ", ")
}

// attestationText describes an attestation that only one image has.
func attestationText(a compare.AttestationChange) string {
	out := compare.DocumentName(a.Type) + " " + string(a.Change)
	if a.Platform != "" {
		out = a.Platform + ": " + out
	}
	return out
}

// packageCounts returns the numbers of packages, for example "1 added, 2 updated".
func packageCounts(p *compare.PackageChanges) string {
	var parts []string
	for _, part := range []struct {
		n    int
		word string
	}{{p.Added, "added"}, {p.Removed, "removed"}, {p.Updated, "updated"}} {
		if part.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", part.n, part.word))
		}
	}
	if len(parts) == 0 {
		return "no changes"
	}
	return strings.Join(parts, ", ")
}

// more returns the number of packages that have no row.
func more(p *compare.PackageChanges) int { return p.Added + p.Removed + p.Updated - len(p.Rows) }
