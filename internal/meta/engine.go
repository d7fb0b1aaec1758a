package meta

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/meta/handlebars"
	"github.com/ghcr-publish/ghcr-publish/internal/meta/jsre"
)

// engine evaluates rules in one context. It stores ctx, because an expression
// can read the date of a commit, and expressions have no parameter for a
// context.
type engine struct {
	ctx    context.Context
	c      Context
	in     Inputs
	flavor flavor
	scope  handlebars.Object // the names that expressions can use
	// ownDefaults is true for [Defaults]. Each ref then becomes a valid tag.
	ownDefaults bool
	// forwardOnly prevents a moving tag from going back to a lower version.
	forwardOnly bool

	// The following fields are caches.
	repository     *Repository
	committed      *time.Time
	existing       []string
	listed         bool
	parsedVersions map[string]parsedVersion
	higherCache    map[comparison]higherTags
	patterns       map[string]*jsre.Regexp
	// patternBudget is the remaining time for regular expressions.
	patternBudget time.Duration

	result        Result
	seen          map[string]bool
	latestDecided bool   // true after the first tag has set result.Latest
	latestReason  string // reason why the tag latest is added or not; empty if it needs no explanation
}

// patternTime is the time limit for all regular expressions of a computation
// together.
const patternTime = 2 * time.Second

// newEngine parses the inputs that all rules share. It returns the joined
// errors of these inputs.
func newEngine(ctx context.Context, in Inputs, c Context) (*engine, error) {
	f, badFlavor := parseFlavor(in.Flavor)
	images, badImages := parseImages(in.Images)
	e := &engine{
		ctx: ctx, c: c, in: in, flavor: f, forwardOnly: f.latest == "highest",
		parsedVersions: map[string]parsedVersion{}, higherCache: map[comparison]higherTags{}, patterns: map[string]*jsre.Regexp{}, patternBudget: patternTime,
		seen: map[string]bool{},
	}
	e.scope = e.globals()
	e.result.Images = images
	return e, errors.Join(badImages, badFlavor)
}

// outcome is the result of a rule's type for the event, without prefix and
// suffix.
type outcome struct {
	value string
	// skip is the reason why the rule gives no value, or empty.
	skip string
	// latest reports whether latest=auto adds the tag latest for this value.
	latest bool
	// moving becomes the field Moving of the [Tag].
	moving bool
	// version is the stable version from which the value was computed, or nil.
	// series is the number of numeric components of the value: 2 for 1.4, and 0
	// for a word such as stable. latest=highest uses both fields.
	version *release
	series  int
}

func skip(why string) outcome { return outcome{skip: why} }

// run evaluates the rules in order, and then adds latest.
func (e *engine) run(rules []rule) error {
	for _, r := range rules {
		if err := e.ctx.Err(); err != nil {
			return fmt.Errorf("computing the tags: %w", err)
		}
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
		entry.Note = "disabled by enable=" + r.attrs["enable"]
		return entry, err
	}
	o, err := e.evaluate(r)
	if err != nil || o.skip != "" {
		entry.Note = o.skip
		return entry, err
	}
	return e.tagFrom(entry, r, o)
}

// tagFrom converts an outcome into a tag, and adds the tag to the result.
func (e *engine) tagFrom(entry Rule, r rule, o outcome) (Rule, error) {
	affix, err := e.affixes(r)
	if err != nil {
		return entry, err
	}
	text := affix.prefix + o.value + affix.suffix
	if text == "" {
		entry.Note = "the result is empty"
		return entry, nil
	}
	higher, err := e.higherTags(o, affix)
	if err != nil {
		return entry, err
	}
	if o.series != fullVersion && higher.series != "" {
		entry.Note = "not moved: the registry has the higher version " + higher.series
		return entry, nil
	}
	name, err := e.name(text, r)
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

// name converts a text into a valid tag, or returns an error.
func (e *engine) name(text string, r rule) (string, error) {
	if e.ownDefaults {
		return refTag(text), nil
	}
	name := sanitize(text)
	if e.in.Strict && r.kind == "raw" && name != text {
		if r.plain() && strings.ContainsAny(text, " \t") {
			return "", diag.Inputf("tags", CodeTagInvalid, "Write one tag per line, or separate tags by commas.", "the tag %q contains a blank", text)
		}
		e.noticeSpelling(text, name)
	}
	return name, checkTag(name, r.text)
}

// noticeSpelling tells the user that a tag is published under another spelling than the
// user wrote.
func (e *engine) noticeSpelling(text, name string) {
	e.result.Warnings = append(e.result.Warnings, diag.Notice{
		Code: CodeTagRespelled, Level: diag.Info, Title: fmt.Sprintf("%q is published as %s", text, name),
		Text: "A tag can contain only letters, digits, dots, - and _. Each other character becomes a dash.",
	})
}

// add appends a tag, unless the result already has this tag. The first tag
// becomes the version.
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

// decide sets result.Latest and its reason for the first rule that gives a tag. For
// later rules, it does nothing.
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
// Here the prefix and the suffix are not evaluated as templates. If no rule
// gives a tag, addLatest adds nothing. The rules of the result explain the tag.
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
	name := sanitize(text)
	if err := checkTag(name, "flavor: "+strings.TrimSpace(e.in.Flavor)); err != nil {
		return err
	}
	if e.add(Tag{Name: name, Moving: true}) {
		e.result.Rules = append(e.result.Rules, Rule{Text: "latest", Tag: name, Note: e.latestReason})
	}
	return nil
}

// warn adds a warning to the result.
func (e *engine) warn(code, title, text string) {
	e.result.Warnings = append(e.result.Warnings, diag.Notice{Code: code, Level: diag.Warning, Title: title, Text: text})
}
