package meta

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/meta/handlebars"
	"github.com/ghcr-publish/ghcr-publish/internal/meta/moment"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/lazy"
)

// globals returns the names that expressions can use in values, prefixes,
// suffixes, labels, annotations and the attribute "enable".
func (e *engine) globals() handlebars.Object {
	text := func(f func() string) handlebars.Func {
		return func(handlebars.Call) (any, error) { return f(), nil }
	}
	g := e.dates()
	g["branch"] = text(func() string { return e.refAfter("refs/heads/") })
	g["tag"] = text(func() string { return e.refAfter("refs/tags/") })
	g["sha"] = handlebars.Func(func(handlebars.Call) (any, error) { return e.shortSHA() })
	g["base_ref"] = text(e.baseRef)
	g["is_default_branch"] = text(func() string { return fmt.Sprint(e.onDefaultBranch()) })
	g["is_not_default_branch"] = text(func() string { return fmt.Sprint(!e.onDefaultBranch()) })
	return g
}

// dates returns the names that expressions of type=schedule can use.
func (e *engine) dates() handlebars.Object {
	return handlebars.Object{
		"date":        e.dateHelper(func() time.Time { return e.c.Now }),
		"commit_date": e.dateHelper(e.commitDate),
	}
}

// dateHelper returns a helper for {{date 'format' tz='Zone'}}. The argument "when" is a
// function that returns the time.
func (e *engine) dateHelper(when func() time.Time) handlebars.Func {
	return func(call handlebars.Call) (any, error) {
		if len(call.Params) != 1 {
			return nil, errors.New("the helper \"date\" needs exactly one format, as in {{date 'YYYYMMDD'}}")
		}
		format, err := dateFormat(call.Params[0])
		if err != nil {
			return nil, err
		}
		zone := moment.UTC
		for _, h := range call.Hash {
			if zone, err = e.dateZone(h); err != nil {
				return nil, err
			}
		}
		return moment.Format(when(), zone, format), nil
	}
}

// dateFormat returns the format in a parameter of a helper. dateFormat accepts only a
// text, and values that Moment.js treats as a missing format.
func dateFormat(v any) (string, error) {
	switch v := v.(type) {
	case string:
		return v, nil
	case nil, handlebars.Undefined:
		return "", nil
	case bool:
		if !v {
			return "", nil
		}
	}
	return "", errors.New("the format of the helper \"date\" must be a text in 'single quotes'")
}

func (e *engine) dateZone(h handlebars.Named) (moment.Zone, error) {
	if h.Name != "tz" {
		return moment.Zone{}, fmt.Errorf("the helper \"date\" has the unknown attribute %q, but only the attribute \"tz\" is possible", h.Name)
	}
	name, ok := h.Value.(string)
	if !ok || name == "" {
		return moment.Zone{}, errors.New("the attribute \"tz\" must be the name of a time zone in 'single quotes', as in tz='Europe/Berlin'")
	}
	zone := moment.LoadZone(name)
	if !zone.Known() {
		e.warn(CodeUnknownTimeZone, fmt.Sprintf("the time zone %q is unknown", name), "The expression uses UTC instead. Use a name of the IANA time zone database, as in Europe/Berlin.")
	}
	return zone, nil
}

// refAfter returns the ref without a prefix, or "" if the ref does not have the
// prefix.
func (e *engine) refAfter(prefix string) string {
	rest, ok := strings.CutPrefix(e.c.Event.Ref, prefix)
	if !ok {
		return ""
	}
	return rest
}

// shortSHA returns the first DOCKER_METADATA_SHORT_SHA_LENGTH characters of the
// commit. Default: 7.
func (e *engine) shortSHA() (string, error) {
	sha, length := e.c.Event.SHA, 7.0
	if e.c.ShortSHALength != "" {
		length = numberJS(e.c.ShortSHALength)
	}
	switch {
	case math.IsNaN(length):
		return "", diag.Inputf("", CodeShortSHALength, "Set the variable to a number, as in DOCKER_METADATA_SHORT_SHA_LENGTH: 12.",
			"the environment variable DOCKER_METADATA_SHORT_SHA_LENGTH has the invalid value %q", e.c.ShortSHALength)
	case length >= float64(len(sha)):
		return sha, nil
	}
	return sha[:int(max(length, 0))], nil
}

func (e *engine) baseRef() string {
	p := e.c.Event.Payload
	switch {
	case strings.HasPrefix(e.c.Event.Ref, "refs/tags/"):
		return strings.TrimPrefix(p.text("base_ref"), "refs/heads/")
	case strings.HasPrefix(e.c.Event.Ref, "refs/pull/"):
		return p.text("pull_request", "base", "ref")
	}
	return ""
}

// alwaysDefault matches the names of events that docker/metadata-action treats
// as runs on the default branch.
var alwaysDefault = lazy.Regexp(`create|discussion|issues|schedule`)

func (e *engine) onDefaultBranch() bool {
	branch := strings.TrimPrefix(e.c.Event.Ref, "refs/heads/")
	if branch == "" {
		return false
	}
	return e.c.Event.Payload.text("repository", "default_branch") == branch || alwaysDefault().MatchString(e.c.Event.Name)
}

// commitDate returns the date of the commit from the payload or from Context.CommitDate.
// If neither the payload nor Context.CommitDate has the date, commitDate returns
// Context.Now.
func (e *engine) commitDate() time.Time {
	if e.committed == nil {
		t := e.findCommitDate()
		e.committed = &t
	}
	return *e.committed
}

func (e *engine) findCommitDate() time.Time {
	sha := e.c.Event.SHA
	if !e.c.FromCheckout {
		if t, ok := e.c.Event.Payload.commitTime(sha); ok {
			return t
		}
	}
	if e.c.CommitDate == nil {
		return e.c.Now
	}
	t, err := e.c.CommitDate(e.ctx, sha)
	if err != nil {
		e.warn(CodeCommitDate, fmt.Sprintf("reading the date of the commit %s failed", sha), fmt.Sprintf("For this reason, {{commit_date}} gives the current time: %s", err))
		return e.c.Now
	}
	return t
}

// expand evaluates the expressions in a text of an input.
func (e *engine) expand(template, input, where string) (string, error) {
	return expandIn(template, e.scope, input, where)
}

func expandIn(template string, scope handlebars.Object, input, where string) (string, error) {
	if !strings.Contains(template, "{{") {
		return template, nil
	}
	t, err := handlebars.Parse(template)
	if err == nil {
		var s string
		if s, err = t.Execute(scope); err == nil {
			return s, nil
		}
	}
	return "", expressionError(input, where, template, err)
}

// expressionError returns the error for an invalid expression in a line of an
// input.
func expressionError(input, where, template string, err error) error {
	s := globalScope
	if input != "tags" {
		s = labelScope
	}
	d := diag.Inputf(input, CodeExpression, s.syntaxHint(template), "the line %q of the input %s has an invalid expression", where, input)
	d.Err = err
	return d
}
