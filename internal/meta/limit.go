package meta

import (
	"fmt"
	"unicode/utf8"
)

// What GitHub's package page shows of a description and of licences, in
// characters (GitHub docs, "Labelling container images"). Longer ones are
// accepted and left out of the page.
const (
	maxDescription = 512
	maxLicenses    = 256
)

// limits warns of values that GitHub's package page will not show.
func (e *engine) limits(pairs []Pair) {
	for _, p := range pairs {
		most := map[string]int{KeyDescription: maxDescription, KeyLicenses: maxLicenses}[p.Key]
		if n := utf8.RuneCountInString(p.Value); most > 0 && n > most {
			e.warn("label-too-long", fmt.Sprintf("%s has %d characters", p.Key, n),
				fmt.Sprintf("GitHub's package page shows it only up to %d. Set a shorter one in labels and annotations.", most))
		}
	}
}
