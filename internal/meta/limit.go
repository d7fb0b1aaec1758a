package meta

import (
	"fmt"
	"unicode/utf8"
)

// maxDescription and maxLicenses are the maximum numbers of characters of a description
// and of the licenses that GitHub's package page shows (GitHub docs, "Labelling container
// images"). GitHub accepts longer values.
const (
	maxDescription = 512
	maxLicenses    = 256
)

// warnLongLabels warns of values that GitHub's package page truncates.
func (e *engine) warnLongLabels(pairs []Pair) {
	for _, p := range pairs {
		most := map[string]int{KeyDescription: maxDescription, KeyLicenses: maxLicenses}[p.Key]
		if n := utf8.RuneCountInString(p.Value); most > 0 && n > most {
			e.warn(CodeLabelTooLong, fmt.Sprintf("%s has %d characters", p.Key, n),
				fmt.Sprintf("GitHub's package page shows only the first %d characters. Set a shorter value in the inputs labels and annotations.", most))
		}
	}
}
