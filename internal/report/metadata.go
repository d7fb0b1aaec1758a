package report

import (
	"fmt"
	"slices"
	"strings"
)

// MetadataSummary returns the job summary of the command metadata: the references
// and the result of each rule.
func MetadataSummary(version string, refs, rules []string) string {
	var b strings.Builder
	title := "🏷️ " + version
	if version == "" {
		title = "🏷️ No tags"
	}
	fmt.Fprintf(&b, "## %s\n\n", text(title))
	if len(refs) > 0 {
		b.WriteString("```\n")
		for n, ref := range refs {
			if n == maxRows {
				fmt.Fprintf(&b, "… and %d more\n", len(refs)-n)
				break
			}
			fmt.Fprintln(&b, ref)
		}
		b.WriteString("```\n\n")
	}
	mdRules(&b, rules)
	return b.String()
}

// mdRules writes the result of each tag rule. A rule needs no explanation if
// its text is the tag.
func mdRules(b *strings.Builder, rules []string) {
	explains := func(rule string) bool {
		text, tag, _ := strings.Cut(rule, " → ")
		return text != tag
	}
	if !slices.ContainsFunc(rules, explains) {
		return
	}
	var list strings.Builder
	for n, rule := range rules {
		if n == maxRows {
			fmt.Fprintf(&list, "- … and %d more rules\n", len(rules)-n)
			break
		}
		fmt.Fprintf(&list, "- %s\n", text(rule))
	}
	details(b, "Why these tags", list.String())
}
