package input

import (
	"strconv"
	"strings"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/diag/missing"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/lazy"
)

// duration parses a duration in Go's notation. A number without a unit means minutes,
// as in the key timeout-minutes of a job.
func (r *reader) duration(name string) time.Duration {
	v := r.text(name)
	text := v
	if _, err := strconv.Atoi(v); err == nil {
		text += "m"
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		r.fail(name, CodeValue, durationHint(v), "The input %s has the invalid value %q", name, v)
	}
	return d
}

// durationHint explains a value that is not a positive duration.
func durationHint(v string) string {
	const form = "Write a duration with a unit, such as 90s, 30m or 1h30m, or a number of minutes."
	if d, err := time.ParseDuration(v); err == nil && d <= 0 || strings.Trim(v, "-0") == "" || strings.HasPrefix(v, "-") {
		return "The duration must be more than zero. " + form
	}
	if hint := missing.Unexpanded(v); hint != "" {
		return hint + " " + form
	}
	if known := commonDuration(v); known != "" {
		return "Did you mean " + known + "? " + form
	}
	return form
}

// written matches a duration such as "30 minutes", "1.5 hours" or "1d".
var written = lazy.Regexp(`^([0-9]+(?:\.[0-9]+)?) ?([a-z]+)?$`)

// units contains the number of minutes for the first letter of each unit.
var units = []struct {
	prefix  string
	minutes float64
}{{"s", 1.0 / 60}, {"m", 1}, {"h", 60}, {"d", 24 * 60}, {"", 1}}

// commonDuration converts a duration such as "30 minutes" to Go's notation.
// commonDuration returns "" for text that is not such a duration.
func commonDuration(v string) string {
	found := written().FindStringSubmatch(strings.ToLower(v))
	if found == nil || strings.HasPrefix(found[2], "mil") || strings.HasPrefix(found[2], "mo") || found[2] == "ms" {
		return ""
	}
	number, err := strconv.ParseFloat(found[1], 64)
	const most = 7 * 24 * 60 // minutes; longer values are mistakes
	for _, u := range units {
		if minutes := number * u.minutes; err == nil && strings.HasPrefix(found[2], u.prefix) && minutes > 0 && minutes <= most {
			text := (time.Duration(minutes*60+0.5) * time.Second).String()
			if strings.HasSuffix(text, "m0s") {
				text = strings.TrimSuffix(text, "0s")
			}
			if strings.HasSuffix(text, "h0m") {
				text = strings.TrimSuffix(text, "0m")
			}
			return text
		}
	}
	return ""
}
