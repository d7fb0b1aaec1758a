package cmd

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/input"
	"github.com/ghcr-publish/ghcr-publish/internal/meta"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/lazy"
)

// withoutEvent corrects the notes of rules for a run without a ref or an event.
var withoutEvent = strings.NewReplacer(
	"the event  is not", "the event is not known, so it is not",
	"the ref  is not", "the ref is not known, so it is not",
)

// explainRules returns one line for each rule.
func explainRules(result meta.Result) []string {
	lines := result.Explain()
	for i := range lines {
		lines[i] = withoutEvent.Replace(lines[i])
	}
	return lines
}

// metadataNotices returns all notices of the command "metadata". docker/metadata-action
// continues if no rule gives a tag, so a missing tag is not an error.
func metadataNotices(result meta.Result, c *input.MetadataConfig) []diag.Notice {
	out := slices.Concat(c.Notices, result.Warnings)
	for _, rule := range result.Rules {
		if text := literal(rule.Text); rule.Tag != "" && invalidTag().MatchString(text) {
			out = append(out, diag.Notice{
				Code: meta.CodeTagRespelled, Level: diag.Info, Title: fmt.Sprintf("The tag %q is written as %s", text, rule.Tag),
				Text: fmt.Sprintf("The tag %q is written as %s. A tag can contain only letters, digits, dots, - and _. Each other character becomes a dash.", text, rule.Tag),
			})
		}
	}
	err := result.Check()
	if err == nil {
		return out
	}
	none := diag.Notice{Code: diag.CodeNoTags, Level: diag.Warning, Title: "No tags", Text: "N" + strings.TrimPrefix(withoutEvent.Replace(err.Error()), "n")}
	if c.GitHub.Ref == "" && !c.FromGit {
		none.Text = "No rule gives a tag, because the variable GITHUB_REF is not set. Set the input version, or write a tag in the input tags. To use the branch or the Git tag of the checkout, set context: git."
	}
	// The reason why a version is not valid belongs to the same notice.
	out = slices.DeleteFunc(out, func(n diag.Notice) bool {
		merged := n.Code == meta.CodeNotSemver || n.Code == meta.CodeNotPEP440
		if merged {
			none.Text += " " + n.Text
		}
		return merged
	})
	return append(out, none)
}

// invalidTag matches a character that docker/metadata-action replaces in a tag.
var invalidTag = lazy.Regexp(`[^A-Za-z0-9_.{}-]`)

// literal returns the tag that the user wrote in a rule. The tag is the value of
// type=raw, or the whole rule. For every other rule, and for a rule with an
// expression, literal returns "".
func literal(rule string) string {
	fields := strings.Split(rule, ",")
	values := map[string]string{}
	for _, field := range fields {
		key, value, found := strings.Cut(field, "=")
		if !found {
			key, value = "value", key
		}
		values[key] = value
	}
	if strings.ContainsAny(rule, `{"`) || cmp.Or(values["type"], "raw") != "raw" {
		return ""
	}
	return values["value"]
}
