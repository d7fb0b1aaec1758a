// Package rules parses the inputs that say which images the command "cleanup" deletes
// and keeps. The result is typed data. Package rules does not read the registry, and it
// does not decide about an image: package plan applies the rules.
package rules

import (
	"errors"
	"math"
	"strings"
	"time"
)

// Inputs contains the values of the inputs as the user wrote them. An empty text means
// that the input is not set.
type Inputs struct {
	Delete, Keep, KeepNewest, OlderThan, AgeFrom, Untagged, Orphans, Broken string
	KeepUsed, MinAge, MaxDelete, Detach, Empty, OnUnreadable                string
}

// None is the value of a number that the user did not set.
const None = -1

// Rules is the parsed form of [Inputs].
type Rules struct {
	// Any reports whether an input selects images: delete, untagged, orphans or broken.
	Any    bool
	Delete []Selector
	Keep   []Protection
	// KeepNewest is the number of images with a selected tag that stay, or [None].
	KeepNewest int
	// OlderThan is the minimum age of each image that a rule can select.
	OlderThan time.Duration
	// FromCreated selects the creation of a version as the start of its age. Otherwise,
	// the age starts at the last change.
	FromCreated bool
	// Untagged is the number of untagged images that stay, or [None] to keep all.
	Untagged int
	Orphans  bool
	// Ghosts and Partials select indexes that lost all or some of their platforms.
	Ghosts, Partials bool
	// MinAge protects young images from the rules untagged, orphans and broken.
	MinAge    time.Duration
	MaxDelete Limit
	// Detach permits the removal of one tag of an image that stays.
	Detach bool
	// Empty permits the deletion of the last tagged image of a package.
	Empty bool
	// KeepUnreadable means that a package with an unreadable manifest is skipped with a
	// warning. Otherwise, such a package is an error.
	KeepUnreadable bool
	// Unclear lists texts in the files of the input "keep-used" that look like a
	// reference, but whose tag is only known when another program expands it.
	Unclear []string
}

// Limit is a maximum number of images.
type Limit struct {
	Number  int
	Percent bool // the number is a share of all images, in percent
}

// Of returns the limit for a package with the given number of images, rounded down.
func (l Limit) Of(images int) int {
	if l.Percent {
		return images * l.Number / 100
	}
	return l.Number
}

// String returns the limit as the user writes it.
func (l Limit) String() string {
	if l.Percent {
		return itoa(l.Number) + "%"
	}
	return itoa(l.Number)
}

// Defaults of the inputs min-age and max-delete.
const (
	DefaultMinAge    = time.Hour
	DefaultMaxDelete = 100
)

// Parse parses all inputs. The argument "files" reads the files that the input
// "keep-used" names, and "registry" is the host whose references count there. Parse
// joins all problems into one error.
func Parse(in Inputs, files Files, registry string) (*Rules, error) {
	p := &parser{}
	r := &Rules{
		Any:            in.Delete+in.Untagged+in.Orphans+in.Broken != "",
		KeepNewest:     p.optionalNumber("keep-newest", in.KeepNewest),
		OlderThan:      p.duration("older-than", in.OlderThan, 0),
		MinAge:         p.duration("min-age", in.MinAge, DefaultMinAge),
		FromCreated:    p.choice("age-from", in.AgeFrom, "updated", "created") == "created",
		Untagged:       p.untagged(in.Untagged),
		Orphans:        p.choice("orphans", in.Orphans, "keep", "delete") == "delete",
		MaxDelete:      p.limit(in.MaxDelete),
		Detach:         p.choice("detach", in.Detach, "true", "false") == "true",
		Empty:          p.choice("empty", in.Empty, "keep", "delete") == "delete",
		KeepUnreadable: p.choice("on-unreadable", in.OnUnreadable, "fail", "keep") == "keep",
	}
	broken := p.choice("broken", in.Broken, "keep", "ghost", "partial", "all")
	r.Ghosts, r.Partials = broken == "ghost" || broken == "all", broken == "partial" || broken == "all"
	for _, line := range lines(in.Delete) {
		r.Delete = append(r.Delete, p.selector(line))
	}
	for _, line := range lines(in.Keep) {
		r.Keep = append(r.Keep, p.protection("keep", line)...)
	}
	p.used(r, in.KeepUsed, files, registry)
	if err := errors.Join(p.problems...); err != nil {
		return nil, err
	}
	return r, nil
}

// lines returns the lines of an input without blanks, empty lines and comments.
func lines(text string) []string {
	var out []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			out = append(out, line)
		}
	}
	return out
}

// forever is the longest duration. No image is that old.
const forever = time.Duration(math.MaxInt64)
