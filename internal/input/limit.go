package input

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/diag/missing"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/lazy"
)

// LossPolicy is the reaction to an image that lacks parts of the image that it replaces.
type LossPolicy string

// These constants are the values of the input "on-loss".
const (
	LossWarn   LossPolicy = "warn"   // the run adds a warning
	LossFail   LossPolicy = "fail"   // the run fails before any tag moves
	LossIgnore LossPolicy = "ignore" // the run only reports the differences
)

// SizeLimit limits the compressed size of the image for each platform.
type SizeLimit struct {
	Bytes   int64   // the maximum size, or 0 for no maximum
	Grows   bool    // true if Percent is a limit
	Percent float64 // the maximum growth over the previous image
}

// limitForm explains the accepted values of the input "size-limit".
const limitForm = "Write a size such as 500MB, 1.5GB or 512MiB, or a growth such as +10%, one limit per line. 1 MB is 1,000,000 bytes, and 1 MiB is 1,048,576 bytes."

// sizeUnits contains the number of bytes of each unit, by its name in lower case.
var sizeUnits = map[string]float64{
	"kb": 1e3, "mb": 1e6, "gb": 1e9, "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30,
}

// sizePattern and growthPattern match the two forms of a limit.
var (
	sizePattern   = lazy.Regexp(`^([0-9]+(?:\.[0-9]+)?) ?([A-Za-z]*)$`)
	growthPattern = lazy.Regexp(`^\+([0-9]+(?:\.[0-9]+)?) ?%$`)
)

// sizeLimit reads the input "size-limit".
func (r *reader) sizeLimit() SizeLimit {
	var out SizeLimit
	lines := r.lines("size-limit")
	if parts := splitNames(lines); len(parts) > len(lines) && !slices.ContainsFunc(parts, isNoLimit) {
		r.fail("size-limit", CodeList, r.oneEntryPerLine("size-limit", parts), "The input size-limit contains several limits in one line")
		return out
	}
	for _, line := range lines {
		growth, isGrowth := growthOf(line)
		size, isSize := sizeOf(line)
		switch {
		case isGrowth && out.Grows, isSize && out.Bytes > 0:
			r.fail("size-limit", CodeValue, "Keep one size and one growth, and remove the other lines.", "The input size-limit contains two limits of the same kind, and the second limit is %q", line)
		case isGrowth:
			out.Grows, out.Percent = true, growth
		case isSize:
			out.Bytes = size
		default:
			r.fail("size-limit", CodeValue, limitHint(line), "The input size-limit has the invalid value %q", line)
		}
	}
	return out
}

func isNoLimit(text string) bool {
	_, isGrowth := growthOf(text)
	_, isSize := sizeOf(text)
	return !isGrowth && !isSize
}

func growthOf(line string) (percent float64, ok bool) {
	found := growthPattern().FindStringSubmatch(line)
	if found == nil {
		return 0, false
	}
	percent, err := strconv.ParseFloat(found[1], 64)
	return percent, err == nil && percent <= 10_000
}

// sizeOf parses a size with a unit. A size of less than one byte is not valid.
func sizeOf(line string) (bytes int64, ok bool) {
	found := sizePattern().FindStringSubmatch(line)
	if found == nil {
		return 0, false
	}
	number, err := strconv.ParseFloat(found[1], 64)
	size := number * sizeUnits[strings.ToLower(found[2])]
	if err != nil || size < 1 || size > math.MaxInt64/2 {
		return 0, false
	}
	return int64(size), true
}

// limitHint names the limit that the user probably means, and explains the accepted
// values.
func limitHint(line string) string {
	if hint := missing.Unexpanded(line); hint != "" {
		return hint + " " + limitForm
	}
	if platform, limit, ok := strings.Cut(line, "="); ok && strings.Contains(platform, "/") {
		return "A limit applies to the image for each platform. Write only " + strings.TrimSpace(limit) + ". " + limitForm
	}
	compact := strings.TrimLeft(strings.ReplaceAll(line, " ", ""), "<≤=")
	for _, meant := range []string{compact, compact + "%", "+" + compact, compact + "B", compact + "MB", strings.ReplaceAll(compact, ",", ".")} {
		_, isGrowth := growthOf(meant)
		_, isSize := sizeOf(meant)
		if isGrowth || isSize {
			return "Did you mean " + meant + "? " + limitForm
		}
	}
	return limitForm
}
