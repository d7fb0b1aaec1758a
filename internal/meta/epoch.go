package meta

import (
	"strconv"
	"strings"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
)

// ParseEpoch parses the text of SOURCE_DATE_EPOCH, in seconds since 1970, for
// [Context.Created]. For an empty text, ParseEpoch returns the zero time. For an
// invalid text, ParseEpoch returns a *diag.Error.
func ParseEpoch(text string) (time.Time, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return time.Time{}, nil
	}
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil || seconds < 0 || seconds > maxEpoch {
		return time.Time{}, diag.Inputf("", CodeSourceDateEpoch, "Set SOURCE_DATE_EPOCH to the seconds since 1970, as in $(git log -1 --format=%ct), or unset the variable.",
			"the environment variable SOURCE_DATE_EPOCH has the invalid value %q", text)
	}
	return time.Unix(seconds, 0).UTC(), nil
}

// maxEpoch is the last second of the year 9999. The label
// org.opencontainers.image.created cannot contain later dates.
const maxEpoch = 253402300799
