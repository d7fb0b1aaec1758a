package meta

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/meta/handlebars"
	"github.com/ghcr-publish/ghcr-publish/internal/meta/jsre"
)

// engine evaluates rules in one context. engine stores ctx, because an
// expression can read the date of a commit, and expressions have no parameter
// for a context.
type engine struct {
	ctx    context.Context
	c      Context
	in     Inputs
	flavor flavor
	scope  handlebars.Object // scope contains the names that expressions can use.
	// ownDefaults is true if [Defaults] uses the engine. If ownDefaults is true,
	// the engine converts each ref to a valid tag.
	ownDefaults bool
	// The field "kind" is the kind of the event. Only [Defaults] sets this field.
	kind eventKind
	// If forwardOnly is true, a moving tag never moves back to a lower version.
	forwardOnly bool

	// The following fields are caches.
	repository     *Repository
	committed      *time.Time
	existing       []string
	listed         bool
	parsedVersions map[string]parsedVersion
	higherCache    map[comparison]higherTags
	patterns       map[string]*jsre.Regexp
	// patternBudget is the remaining time for all matches of regular
	// expressions.
	patternBudget time.Duration

	result        Result
	seen          map[string]bool
	latestDecided bool   // latestDecided is true after the first tag has set result.Latest.
	latestReason  string // latestReason is the reason why the result contains or does not contain the tag "latest".
}

// patternTime is the total time limit for all regular expressions of a
// computation.
const patternTime = 2 * time.Second

// newEngine parses the inputs that apply to all rules. newEngine returns the
// joined errors of invalid inputs.
func newEngine(ctx context.Context, in Inputs, c Context) (*engine, error) {
	f, badFlavor := parseFlavor(in.Flavor, in.Strict)
	images, badImages := parseImages(in.Images)
	e := &engine{
		ctx: ctx, c: c, in: in, flavor: f, forwardOnly: f.latest == "highest",
		parsedVersions: map[string]parsedVersion{}, higherCache: map[comparison]higherTags{}, patterns: map[string]*jsre.Regexp{}, patternBudget: patternTime,
		seen: map[string]bool{},
	}
	e.scope = e.globals()
	e.result.Images = images
	return e, errors.Join(badImages, badFlavor, checkVersion(in))
}

// outcome is the value that a rule gives for the event, without prefix and
// suffix.
type outcome struct {
	value string
	// skip is the reason why the rule gives no value, or empty.
	skip string
	// latest is true if latest=auto adds the tag "latest" for this value.
	latest bool
	// The field "moving" becomes the field Moving of the [Tag].
	moving bool
	// version is the stable version that the value is computed from, or nil. The field
	// "series" counts the numbers in the value. For example, the value 1.4 has two
	// numbers, and the value "stable" has none. The flavor latest=highest uses the fields
	// "version" and "series".
	version *release
	series  int
}

func skip(why string) outcome { return outcome{skip: why} }

// run evaluates the rules in order, and then adds the tag "latest".
func (e *engine) run(rules []rule) error {
	for _, r := range rules {
		if err := e.ctx.Err(); err != nil {
			return fmt.Errorf("computing the tags of the image: %w", err)
		}
		e.warnTypeAsTag(r)
		entry, err := e.apply(r)
		if err != nil {
			return err
		}
		e.result.Rules = append(e.result.Rules, entry)
	}
	return e.addLatest()
}

// apply evaluates one rule and adds its tag.
func (e *engine) apply(r rule) (Rule, error) {
	entry := Rule{Text: r.text, Note: r.skip}
	if r.skip != "" {
		return entry, nil
	}
	enabled, err := e.enabled(r)
	if err != nil || !enabled {
		entry.Note = "disabled by enable=" + r.attrs["enable"] + e.branchNote(r.attrs["enable"])
		return entry, err
	}
	o, err := e.evaluate(r)
	if err != nil || o.skip != "" {
		entry.Note = o.skip
		return entry, err
	}
	return e.tagFrom(entry, r, o)
}

// branchNote explains a condition with the default branch. For every other condition,
// branchNote returns "".
func (e *engine) branchNote(condition string) string {
	if !strings.Contains(condition, "_default_branch") || e.c.Event.Ref == "" {
		return ""
	}
	switch {
	case e.onDefaultBranch():
		return ", because " + e.c.Event.Ref + " is the default branch"
	case e.c.Event.Payload.text("repository", "default_branch") == "":
		return ", because the event does not contain the name of the default branch"
	}
	return ", because " + e.c.Event.Ref + " is not the default branch"
}

// warnTypeAsTag warns about a tag that has the name of a type of rules, because the user
// probably forgot "type=".
func (e *engine) warnTypeAsTag(r rule) {
	if !r.plain() || r.text == "edge" || !slices.Contains(typeNames, r.text) {
		return // the tag edge is common
	}
	text := fmt.Sprintf("The tag has the name of a type of rules. To use the type, write type=%s.", r.text)
	if example := examples[r.text]; example != "" {
		text = fmt.Sprintf("The tag has the name of a type of rules. To use the type, write type=%s,%s.", r.text, example)
	}
	e.warn(CodeTagType, fmt.Sprintf("The input tags contains the tag %q", r.text), text)
}

// tagFrom converts an outcome into a tag, and adds the tag to the result.
func (e *engine) tagFrom(entry Rule, r rule, o outcome) (Rule, error) {
	affix, err := e.affixes(r)
	if err != nil {
		return entry, err
	}
	text := affix.prefix + o.value + affix.suffix
	e.noticeAffixes(affix)
	if text == "" {
		entry.Note = e.emptyNote(r)
		return entry, nil
	}
	higher, err := e.higherTags(o, affix)
	if err != nil {
		return entry, err
	}
	if o.series != fullVersion && higher.series != "" {
		entry.Note = "the tag does not move, because the registry has the higher version " + higher.series
		return entry, nil
	}
	name, err := e.name(text, r, o.value, affix)
	if err != nil {
		return entry, err
	}
	e.decide(r, name, o, higher)
	entry.Tag = name
	if !e.add(Tag{Name: name, Moving: o.moving}) {
		entry.Note = "another rule gives the same tag"
	}
	return entry, nil
}

// name converts a text to a valid tag, or returns an error. The argument "value" is the
// text without prefix and suffix.
func (e *engine) name(text string, r rule, value string, a affixes) (string, error) {
	text, value = e.chartText(text), e.chartText(value)
	if e.ownDefaults {
		return e.defaultTag(r, a, value)
	}
	name := sanitize(text)
	if e.in.Strict && r.kind == "raw" && sanitize(value) != value {
		e.noticeSpelling(text, name)
	}
	if ValidTag(name) {
		return name, nil
	}
	return name, e.invalidTag(name, r)
}

// emptyNote returns the reason why a rule with an empty result gives no tag. For
// an empty value, emptyNote adds a notice, because the value often comes from an
// expression of GitHub that is empty by mistake.
func (e *engine) emptyNote(r rule) string {
	if !r.hasEmpty("value") {
		return "the result is empty"
	}
	if e.in.Strict && !e.ownDefaults {
		e.notice(CodeTagEmpty, fmt.Sprintf("The rule %q gives no tag, because its value is empty", r.text),
			"If the value comes from an output of a step, check that the step sets this output. If the value comes from an input or a variable, check its name.")
	}
	return "the value is empty"
}

// invalidTag returns the error for a rule whose result is not a valid tag.
func (e *engine) invalidTag(name string, r rule) error {
	subject := fmt.Sprintf("the rule %q gives the tag %q, which", r.text, shortened(name))
	if r.plain() {
		subject = fmt.Sprintf("the tag %q", shortened(name))
	}
	return tagError(name, subject, e.tagHint(name, r))
}

// tagHint returns a hint for a rule whose result is not a valid tag. The hint proposes a
// change that makes the tag valid.
func (e *engine) tagHint(name string, r rule) string {
	own, hasOwn := r.attrs["prefix"]
	switch {
	case len(name) > MaxTagLength && r.plain():
		return "Shorten the tag."
	case len(name) > MaxTagLength:
		return "Shorten the tag, for example with type=match and a pattern that keeps the first characters, or with type=sha."
	case strings.HasPrefix(r.text, "#"):
		return "If the line is a comment, remove the blanks before the #."
	case own != "":
		return fmt.Sprintf("Change the attribute prefix, which is %q. %s", own, tagStart)
	case !hasOwn && e.flavor.prefix != "":
		return fmt.Sprintf("Change the prefix in the input flavor, which is %q. %s", e.flavor.prefix, tagStart)
	case r.plain():
		return tagStart + suggestion(name)
	case r.kind == "raw" && asTag(r.attrs["value"]) != "" && !strings.Contains(r.attrs["value"], "{{"):
		return fmt.Sprintf("%s Write value=%s.", tagStart, asTag(r.attrs["value"]))
	case r.kind == "raw" && invalidRun().MatchString(r.attrs["value"]):
		return tagRule + " Write another value."
	}
	return "Add a prefix that begins with a letter, a digit or an underscore to the rule, as in prefix=b. " + tagStart
}

// noticeSpelling adds a notice that the spelling of the published tag differs
// from the text that the user wrote.
func (e *engine) noticeSpelling(text, name string) {
	hint := "A tag can contain only letters, digits, dots, - and _. Every other character becomes a dash."
	if strings.HasPrefix(text, "refs/") {
		hint += " To publish only the name of the branch or of the Git tag, write type=ref,event=branch or type=ref,event=tag."
	}
	e.notice(CodeTagRespelled, fmt.Sprintf("The run publishes %q as %s", text, name), hint)
}

// noticeAffixes adds a notice if the spelling of a published prefix or suffix
// differs from the text that the user wrote.
func (e *engine) noticeAffixes(a affixes) {
	for _, text := range []string{a.prefix, a.suffix} {
		if name := sanitize(text); e.in.Strict && name != text {
			e.noticeSpelling(text, name)
		}
	}
}

// add appends a tag to the result, unless the result already has this tag. The
// first tag becomes the version of the result.
func (e *engine) add(t Tag) bool {
	if e.seen[t.Name] {
		return false
	}
	e.seen[t.Name] = true
	if e.result.Version == "" {
		e.result.Version = t.Name
	}
	e.result.Tags = append(e.result.Tags, t)
	return true
}

// decide sets result.Latest and its reason for the first rule that gives a tag.
// For later rules, decide does nothing.
func (e *engine) decide(r rule, tag string, o outcome, h higherTags) {
	if e.latestDecided {
		return
	}
	e.latestDecided = true
	switch e.flavor.latest {
	case "auto":
		e.result.Latest = o.latest
		e.latestReason = "the first rule that gives a tag is " + r.text
	case "highest":
		stable := o.latest && o.version != nil
		e.result.Latest = stable && h.overall == ""
		switch {
		case e.result.Latest:
			e.latestReason = tag + " is the highest stable version"
		case stable:
			e.latestReason = "the registry has the higher version " + h.overall
		}
	default:
		e.result.Latest = e.flavor.latest == "true"
		e.latestReason = "the flavor contains latest=true"
	}
}

// addLatest appends the tag latest, with the prefix and suffix of the flavor.
// addLatest does not evaluate expressions in the prefix and the suffix. If no
// rule gives a tag, addLatest adds nothing. addLatest also adds a rule to the
// result that explains the tag.
func (e *engine) addLatest() error {
	if !e.result.Latest {
		if e.flavor.latest == "highest" && e.latestReason != "" {
			e.result.Rules = append(e.result.Rules, Rule{Text: "latest", Note: e.latestReason})
		}
		return nil
	}
	text := "latest"
	if e.flavor.prefixLatest {
		text = e.flavor.prefix + text
	}
	if e.flavor.suffixLatest {
		text += e.flavor.suffix
	}
	if e.in.Strict && strings.Contains(text, "{{") {
		return diag.Inputf("flavor", CodeExpression, "Write onlatest=false, or write a prefix and a suffix without expressions, because docker/metadata-action does not evaluate expressions for the tag latest.",
			"the flavor %q has an expression in the tag latest", strings.TrimSpace(e.in.Flavor))
	}
	name := sanitize(text)
	if !ValidTag(name) {
		hint := "Change the prefix or the suffix, or write onlatest=false. " + tagStart
		return tagError(name, fmt.Sprintf("the flavor %q gives the tag %q, which", strings.TrimSpace(e.in.Flavor), shortened(name)), hint)
	}
	if e.add(Tag{Name: name, Moving: true}) {
		e.result.Rules = append(e.result.Rules, Rule{Text: "latest", Tag: name, Note: e.latestReason})
	}
	return nil
}

// notice adds a notice to the result, unless the result already has this notice.
func (e *engine) notice(code, title, text string) { e.tell(diag.Info, code, title, text) }

// warn adds a warning to the result, unless the result already contains the warning.
func (e *engine) warn(code, title, text string) { e.tell(diag.Warning, code, title, text) }

// tell adds a notice or a warning to the result, unless the result already contains it.
func (e *engine) tell(level diag.Level, code, title, text string) {
	n := diag.Notice{Code: code, Level: level, Title: title, Text: text}
	if !slices.Contains(e.result.Warnings, n) {
		e.result.Warnings = append(e.result.Warnings, n)
	}
}
