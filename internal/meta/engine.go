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

// engine evaluates rules in one context. It keeps ctx because expressions,
// which have no parameter for it, may ask for a commit's date.
type engine struct {
	ctx    context.Context
	c      Context
	in     Inputs
	flavor flavor
	scope  handlebars.Object // the expressions
	// ours is set for our own defaults: refs become valid tags whatever they
	// are called.
	ours bool
	// careful keeps moving tags from going back to a lower version.
	careful bool

	// What was asked and read already.
	repository *Repository
	committed  *time.Time
	existing   []string
	listed     bool
	numbers    map[string]numbered
	answers    map[question]higher
	patterns   map[string]*jsre.Regexp
	// patience is the time left for regular expressions.
	patience time.Duration

	result  Result
	seen    map[string]bool
	decided bool // whether latest is
}

// patternTime bounds all regular expressions of a computation together.
const patternTime = 2 * time.Second

// newEngine parses what all rules share; its errors are joined.
func newEngine(ctx context.Context, in Inputs, c Context) (*engine, error) {
	f, badFlavor := parseFlavor(in.Flavor)
	images, badImages := parseImages(in.Images)
	e := &engine{
		ctx: ctx, c: c, in: in, flavor: f, careful: f.latest == "highest",
		numbers: map[string]numbered{}, answers: map[question]higher{}, patterns: map[string]*jsre.Regexp{}, patience: patternTime,
		seen: map[string]bool{},
	}
	e.scope = e.globals()
	e.result.Images = images
	return e, errors.Join(badImages, badFlavor)
}

// outcome is what a rule's type makes of the event, before prefix and suffix.
type outcome struct {
	value string
	// skip says why there is no value.
	skip string
	// latest is what latest=auto makes of it.
	latest bool
	// moving is what [Tag] says of it.
	moving bool
	// version is the stable version behind the value, series how many of its
	// numbers the value names: 2 for 1.4, 0 for a word like stable. Both serve
	// latest=highest.
	version *release
	series  int
}

func skip(why string) outcome { return outcome{skip: why} }

// run evaluates the rules in order.
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

// apply evaluates one rule and keeps its tag.
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
	return e.keep(entry, r, o)
}

// keep turns an outcome into a tag.
func (e *engine) keep(entry Rule, r rule, o outcome) (Rule, error) {
	affix, err := e.affixes(r)
	if err != nil {
		return entry, err
	}
	text := affix.prefix + o.value + affix.suffix
	if text == "" {
		entry.Note = "gives an empty text"
		return entry, nil
	}
	higher, err := e.higher(o, affix)
	if err != nil {
		return entry, err
	}
	if o.series != pinned && higher.series != "" {
		entry.Note = "stays where it is: " + higher.series + " is there already"
		return entry, nil
	}
	name, err := e.name(text, r)
	if err != nil {
		return entry, err
	}
	e.decide(o, higher)
	entry.Tag = name
	if !e.add(Tag{Name: name, Moving: o.moving}) {
		entry.Note = "another rule gave it already"
	}
	return entry, nil
}

// name makes a valid tag or fails.
func (e *engine) name(text string, r rule) (string, error) {
	if e.ours {
		return refTag(text), nil
	}
	name := sanitize(text)
	return name, checkTag(name, r.text)
}

// add appends a tag unless it is there, and makes the first one the version.
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

// decide sets latest once, by the first rule that gives a tag.
func (e *engine) decide(o outcome, h higher) {
	if e.decided {
		return
	}
	e.decided = true
	switch e.flavor.latest {
	case "auto":
		e.result.Latest = o.latest
	case "highest":
		e.result.Latest = o.latest && o.version != nil && h.overall == ""
	default:
		e.result.Latest = e.flavor.latest == "true"
	}
}

// addLatest appends latest with the flavor's affixes, which are no templates
// here. Without a version there is no latest.
func (e *engine) addLatest() error {
	if !e.result.Latest {
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
	e.add(Tag{Name: name, Moving: true})
	return nil
}

// warn records a surprise.
func (e *engine) warn(code, title, text string) {
	e.result.Warnings = append(e.result.Warnings, diag.Notice{Code: code, Level: diag.Warning, Title: title, Text: text})
}
