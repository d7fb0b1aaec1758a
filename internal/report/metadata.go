package report

import (
	"fmt"
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

// mdRules writes the result of each tag rule.
func mdRules(b *strings.Builder, rules []string) {
	if len(rules) == 0 {
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
