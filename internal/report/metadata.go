package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/safe/markdown"
)

// MetadataSummary returns the job summary of the command "metadata". The summary contains
// the references and the result of each tag rule.
func MetadataSummary(version string, refs, rules []string) markdown.Text {
	var b markdown.Builder
	if version == "" {
		version = "No tags"
	}
	b.Printf("## 🏷️ %s\n\n", version)
	if len(refs) > 0 {
		shown := slices.Clone(refs[:min(len(refs), maxRows)])
		if more := len(refs) - len(shown); more > 0 {
			shown = append(shown, fmt.Sprintf("… and %d more", more))
		}
		b.Printf("%s\n\n", markdown.Block("", strings.Join(shown, "\n")))
	}
	mdRules(&b, rules)
	return b.Text()
}

// mdRules writes the result of each tag rule. If each rule is itself a tag,
// mdRules writes nothing, because the rules need no explanation.
func mdRules(b *markdown.Builder, rules []string) {
	explains := func(rule string) bool {
		text, tag, _ := strings.Cut(rule, " → ")
		return text != tag
	}
	if !slices.ContainsFunc(rules, explains) {
		return
	}
	var list markdown.Builder
	for n, rule := range rules {
		if n == maxRows {
			list.Printf("- … and %d more rules\n", len(rules)-n)
			break
		}
		list.Printf("- %s\n", rule)
	}
	details(b, "Why these tags", list.Text())
}
