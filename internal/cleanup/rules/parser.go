package rules

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/diag/nearest"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/lazy"
)

// parser collects the problems of all inputs.
type parser struct{ problems []error }

func (p *parser) fail(input, code, hint, format string, args ...any) {
	p.problems = append(p.problems, diag.Inputf(input, code, hint, format, args...))
}

var (
	digits   = lazy.Regexp(`^[0-9]+$`)
	negative = lazy.Regexp(`^-[0-9]+$`)
)

// number parses a number that is not negative. A number that is too large for an int
// becomes the largest int.
func (p *parser) number(input, subject, text, example string) int {
	if !digits().MatchString(text) {
		hint := "Write a whole number, for example " + example + "."
		switch {
		case text == "":
			p.fail(input, CodeNumber, hint, "%s has no number", subject)
		case negative().MatchString(text):
			p.fail(input, CodeNumber, "Write 0 or a larger number, for example "+example+".", "%s has the value %q, which is negative", subject, short(text))
		default:
			p.fail(input, CodeNumber, hint, "%s has the value %q, which is not a whole number", subject, short(text))
		}
		return None
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return math.MaxInt
	}
	return n
}

func (p *parser) optionalNumber(input, text string) int {
	if text = strings.TrimSpace(text); text == "" {
		return None
	}
	return p.number(input, "The input "+input, text, input+": 5")
}

// choice parses a value of a fixed list. The first value is the default.
func (p *parser) choice(input, text string, values ...string) string {
	text = strings.TrimSpace(text)
	if text == "" {
		return values[0]
	}
	if slices.Contains(values, text) {
		return text
	}
	question := didYouMean(strings.ToLower(text), values)
	if meant := usualWords[strings.ToLower(text)]; question == "" && meant != nil {
		if i := slices.IndexFunc(values, func(value string) bool { return slices.Contains(meant, value) }); i >= 0 {
			question = "Did you mean " + values[i] + "? "
		}
	}
	p.fail(input, CodeChoice, question+"Write "+orList(values)+".", "The input %s has the value %q, which it does not accept", input, short(text))
	return values[0]
}

// usualWords maps words of other programs to the values that they mean. The values of one
// word belong to different inputs.
var usualWords = map[string][]string{
	"true": {"delete", "all"}, "yes": {"delete", "all", "true"}, "on": {"delete", "all", "true"}, "1": {"delete", "all", "true"},
	"remove": {"delete"}, "prune": {"delete"}, "clean": {"delete"},
	"false": {"keep"}, "no": {"keep", "false"}, "off": {"keep", "false"}, "0": {"keep", "false"}, "none": {"keep", "false"},
	"skip": {"keep"}, "warn": {"keep"}, "ignore": {"keep"}, "continue": {"keep"}, "error": {"fail"}, "stop": {"fail"},
	"created_at": {"created"}, "creation": {"created"}, "updated_at": {"updated"}, "modified": {"updated"}, "pushed": {"updated"}, "pushed_at": {"updated"},
}

func (p *parser) untagged(text string) int {
	text = strings.TrimSpace(text)
	number, keeps := strings.CutPrefix(text, "keep=")
	switch {
	case keeps && digits().MatchString(number):
		return p.number("untagged", "The input untagged", number, "keep=5")
	case keeps:
		p.fail("untagged", CodeChoice, "Write a whole number after keep=, for example untagged: keep=5.", "The input untagged has the value %q, which it does not accept", short(text))
	case digits().MatchString(text) && text != "0" && text != "1":
		p.fail("untagged", CodeChoice, "To keep the newest "+text+" images without a tag, write untagged: keep="+text+".", "The input untagged has the value %q, which it does not accept", short(text))
	case p.choice("untagged", text, "keep", "delete", "keep=N") == "delete":
		return 0
	}
	return None
}

var percentage = lazy.Regexp(`^([0-9]{1,2}|100)%$`)

// withoutLimit are the words that users write to remove a limit.
var withoutLimit = []string{"all", "none", "no", "off", "unlimited", "infinity", "false", "-1"}

func (p *parser) limit(text string) Limit {
	text = strings.TrimSpace(text)
	switch {
	case text == "":
		return Limit{Number: DefaultMaxDelete}
	case percentage().MatchString(text):
		n, _ := strconv.Atoi(strings.TrimSuffix(text, "%"))
		return Limit{Number: n, Percent: true}
	case percentage().MatchString(strings.ReplaceAll(text, " ", "")):
		p.fail("max-delete", CodeNumber, "Write the share without a blank: max-delete: "+strings.ReplaceAll(text, " ", "")+".", "The input max-delete has the value %q, which is not a share", short(text))
		return Limit{}
	case strings.HasSuffix(text, "%"):
		p.fail("max-delete", CodeNumber, "Write a share from 0% to 100%, for example max-delete: 25%.", "The input max-delete has the value %q, which is not a share", short(text))
		return Limit{}
	case slices.Contains(withoutLimit, strings.ToLower(text)):
		p.fail("max-delete", CodeNumber, "To permit the deletion of all images that the rules select, write max-delete: 100%.", "The input max-delete has the value %q, which is not a whole number", short(text))
		return Limit{}
	}
	return Limit{Number: p.number("max-delete", "The input max-delete", text, "50, or a share such as 25%")}
}

func (p *parser) duration(input, text string, missing time.Duration) time.Duration {
	if text = strings.TrimSpace(text); text == "" {
		return missing
	}
	return p.age(input, "The input "+input, text)
}

// age parses a duration. The argument "subject" names the input or the attribute.
func (p *parser) age(input, subject, text string) time.Duration {
	d, ok := Duration(text)
	if !ok {
		p.fail(input, CodeDuration, meantDuration(text)+durationForms, "%s has the value %q, which is not a duration", subject, short(text))
	}
	return d
}

const durationForms = "Write a number and a unit, for example 12h, 30d, 2w 3d, 6mo, 1 year or P30D. The units are s, m (minutes), h, d, w, mo (months) and y."

// meantDuration returns a question with the duration that a text probably means, or "".
func meantDuration(text string) string {
	lower := strings.ToLower(text)
	bare := strings.TrimSpace(strings.TrimLeft(lower, "-+>"))
	bare = strings.TrimSpace(strings.TrimSuffix(strings.TrimSuffix(bare, " ago"), " old"))
	whole, _, fraction := strings.Cut(bare, ".")
	switch {
	case digits().MatchString(lower):
		return "The number " + short(text) + " has no unit. Did you mean " + short(text) + "d? "
	case fraction && digits().MatchString(whole):
		return "The number must be whole: write 36h instead of 1.5d. "
	case strings.HasSuffix(text, "M") && digits().MatchString(strings.TrimSuffix(text, "M")):
		number := strings.TrimSuffix(text, "M")
		return "Write " + number + "mo for months, or " + number + "m for minutes. "
	}
	if _, ok := Duration(bare); ok {
		return "Did you mean " + short(bare) + "? "
	}
	return ""
}

var (
	isoDuration = lazy.Regexp(`^P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$`)
	wholeSpan   = lazy.Regexp(`^(?:\d+[a-z]+)+$`)
	spanPart    = lazy.Regexp(`(\d+)([a-z]+)`)
)

// A month has 730 hours, and a year has 365 days.
const (
	day   = 24 * time.Hour
	week  = 7 * day
	month = 730 * time.Hour
	year  = 365 * day
)

// isoUnits are the units of the groups of isoDuration.
var isoUnits = []time.Duration{year, month, week, day, time.Hour, time.Minute, time.Second}

var unitNames = map[string]time.Duration{
	"s": time.Second, "sec": time.Second, "secs": time.Second, "second": time.Second, "seconds": time.Second,
	"m": time.Minute, "min": time.Minute, "mins": time.Minute, "minute": time.Minute, "minutes": time.Minute,
	"h": time.Hour, "hr": time.Hour, "hrs": time.Hour, "hour": time.Hour, "hours": time.Hour,
	"d": day, "day": day, "days": day,
	"w": week, "week": week, "weeks": week,
	"mo": month, "month": month, "months": month,
	"y": year, "year": year, "years": year,
}

// Duration parses an age such as 30d, "2w 3d", "6 months" or P30D. A duration that is
// too long for a time.Duration becomes the longest duration, so that it selects nothing.
func Duration(text string) (time.Duration, bool) {
	if found := isoDuration().FindStringSubmatch(text); found != nil {
		total, any := time.Duration(0), false
		for i, unit := range isoUnits {
			any = any || found[i+1] != ""
			total = add(total, found[i+1], unit)
		}
		return total, any
	}
	text = strings.ReplaceAll(text, " ", "")
	if !wholeSpan().MatchString(text) {
		return 0, false
	}
	total := time.Duration(0)
	for _, part := range spanPart().FindAllStringSubmatch(text, -1) {
		unit, ok := unitNames[part[2]]
		if !ok {
			return 0, false
		}
		total = add(total, part[1], unit)
	}
	return total, true
}

// add returns total + number × unit, at most forever.
func add(total time.Duration, number string, unit time.Duration) time.Duration {
	if number == "" {
		return total
	}
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n > int64((forever-total)/unit) {
		return forever
	}
	return total + time.Duration(n)*unit
}

// short limits a value in a title, and shows line ends as escapes.
func short(text string) string {
	const most = 80
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}

func orList(values []string) string {
	if len(values) == 1 {
		return values[0]
	}
	return strings.Join(values[:len(values)-1], ", ") + " or " + values[len(values)-1]
}

func didYouMean(text string, values []string) string {
	if found := nearest.Of(text, values); len(found) > 0 {
		return fmt.Sprintf("Did you mean %s? ", found[0])
	}
	return ""
}

func itoa(n int) string { return strconv.Itoa(n) }

// escapeGlob returns the regular expression of a glob character.
func escapeGlob(r byte) string { return regexp.QuoteMeta(string(r)) }
