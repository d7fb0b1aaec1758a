package meta

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/meta/jsre"
)

func (e *engine) match(r rule) (outcome, error) {
	text, skipped, err := e.versionSource(r)
	if err != nil || skipped != "" {
		return skip(skipped), err
	}
	pattern, flags := splitPattern(r.attrs["pattern"])
	groups, err := e.find(r, pattern, flags, text)
	if err != nil {
		return outcome{}, err
	}
	if groups == nil {
		why := fmt.Sprintf("the pattern %s does not match %s", r.attrs["pattern"], text)
		e.warn(CodeTagNoMatch, why, fmt.Sprintf("The rule %q gives no tag.", r.text))
		return skip(why), nil
	}
	value, ok := groupText(groups, r.attrs["group"])
	if !ok {
		why := fmt.Sprintf("the group %s of the pattern %s matches nothing", r.attrs["group"], r.attrs["pattern"])
		e.warn(CodeTagNoGroup, why, fmt.Sprintf("The rule %q gives no tag.", r.text))
		return skip(why), nil
	}
	n := e.parseOnce("semver", value, readSemver)
	return outcome{value: value, latest: true, moving: !n.valid, series: fullVersion, version: n.release}, nil
}

// splitPattern splits /pattern/flags. For a text without slashes, splitPattern
// returns the text as the pattern and no flags.
func splitPattern(s string) (pattern, flags string) {
	end := strings.LastIndexByte(s, '/')
	if !strings.HasPrefix(s, "/") || end < 2 || strings.ContainsAny(s, "\n\r\u2028\u2029") {
		return s, ""
	}
	return s[1:end], s[end+1:]
}

// groupText returns the text of the group with the given index. groupText
// compares the decimal text of the index, so the index 01 does not select group
// 1.
func groupText(groups []jsre.Group, index string) (string, bool) {
	for i, g := range groups {
		if strconv.Itoa(i) == index {
			return g.Text, g.Set
		}
	}
	return "", false
}

// find matches a pattern. The remaining time for all patterns limits the match.
func (e *engine) find(r rule, pattern, flags, text string) ([]jsre.Group, error) {
	re, err := e.compile(pattern, flags)
	if err != nil {
		return nil, patternError(r, pattern, err)
	}
	if e.patternBudget <= 0 {
		return nil, patternError(r, pattern, jsre.ErrTimeout)
	}
	start := time.Now()
	groups, err := re.Match(text, e.patternBudget)
	e.patternBudget -= time.Since(start)
	if err != nil {
		return nil, patternError(r, pattern, err)
	}
	return groups, nil
}

// compile compiles a pattern. The engine compiles each pattern only once.
func (e *engine) compile(pattern, flags string) (*jsre.Regexp, error) {
	key := flags + "/" + pattern
	if re, ok := e.patterns[key]; ok {
		return re, nil
	}
	re, err := jsre.Compile(pattern, flags)
	if err == nil {
		e.patterns[key] = re
	}
	return re, err
}

// checkPatterns checks the priority, the regular expressions and the number of
// the group. Without this check, an error would only occur for some events.
func (r *rule) checkPatterns() error {
	if math.IsNaN(r.order) || r.hasEmpty("priority") {
		return r.invalid(CodeTagAttribute, "Write a number, as in priority=900. Rules with a higher priority precede other rules.", "%s has priority=%q, which is not a number", r.attrs["priority"])
	}
	switch {
	case r.hasEmpty("pattern"):
		return r.invalid(CodeTagAttribute, "Write a pattern, or remove the rule. If the pattern comes from an expression of GitHub, check the expression, because its result is empty.", "%s has an empty pattern, which gives no tag")
	case r.kind == "match":
		return r.checkGroup()
	case r.attrs["match"] != "":
		re, err := jsre.Compile(r.attrs["match"], "")
		if err != nil {
			return patternError(*r, r.attrs["match"], err)
		}
		if re.Groups() == 0 {
			return r.invalid(CodeTagMatchGroup, matchGroupHint, "%s has match=%q, but the pattern has no group", r.attrs["match"])
		}
	}
	return nil
}

// checkGroup checks the pattern and the group of a rule of the type "match".
// With the flag g, the number of groups is unknown, because each match is a
// group.
func (r *rule) checkGroup() error {
	pattern, flags := splitPattern(r.attrs["pattern"])
	re, err := jsre.Compile(pattern, flags)
	if err != nil {
		return patternError(*r, pattern, err)
	}
	group, most := r.attrs["group"], re.Groups()
	if n, err := strconv.Atoi(group); strings.ContainsRune(flags, 'g') || err == nil && strconv.Itoa(n) == group && n >= 0 && n <= most {
		return nil
	}
	hint := fmt.Sprintf("Write a number from 0 to %d. The group with the number 0 is the complete match.", most)
	if most == 0 {
		hint = "Write parentheses around the part of the pattern that becomes the tag, or write group=0 for the complete match."
	}
	return r.invalid(CodeTagGroup, hint, "%s has group=%s, but the pattern has %s", group, groupsText(most))
}

func patternError(r rule, pattern string, err error) error {
	d := diag.Inputf("tags", CodeTagPattern, "Write the pattern as a regular expression of JavaScript. If the pattern contains a comma, write three double quotes before and after the attribute.",
		"the rule %s has the invalid pattern %s", inQuotes(r.text), inQuotes(pattern))
	if errors.Is(err, jsre.ErrTimeout) {
		d.Title = fmt.Sprintf("the rule %s has the slow pattern %s", inQuotes(r.text), inQuotes(pattern))
		d.Hint = "If a repeated group contains a repetition, as in (a+)+, remove one of the two repetitions. A match of a pattern with nested repetitions can take very long."
	}
	// The text of an error of regexp2 is "error parsing regexp: REASON in
	// `PATTERN`".
	reason, _, _ := strings.Cut(strings.TrimPrefix(err.Error(), "error parsing regexp: "), " in `")
	d.Err = errors.New(reason)
	return d
}

// groupsText returns the number of groups as a text for messages.
func groupsText(n int) string {
	switch n {
	case 0:
		return "no group"
	case 1:
		return "one group"
	}
	return fmt.Sprintf("%d groups", n)
}

// hasEmpty reports whether the rule has the attribute and its value is empty.
func (r *rule) hasEmpty(key string) bool {
	value, ok := r.attrs[key]
	return ok && value == ""
}
