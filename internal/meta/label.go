package meta

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
)

// Each image gets labels with the following keys of OCI's pre-defined
// annotations.
const (
	KeyTitle       = "org.opencontainers.image.title"
	KeyDescription = "org.opencontainers.image.description"
	KeyURL         = "org.opencontainers.image.url"
	KeySource      = "org.opencontainers.image.source"
	KeyVersion     = "org.opencontainers.image.version"
	KeyCreated     = "org.opencontainers.image.created"
	KeyRevision    = "org.opencontainers.image.revision"
	KeyLicenses    = "org.opencontainers.image.licenses"
)

// Descriptions lists the keys of the default labels that describe the image. The other
// default labels are facts about the run.
var Descriptions = []string{KeyTitle, KeyDescription, KeyURL, KeyLicenses}

// Describes reports whether a label or an annotation is a default that only describes the
// image. Such a default must not replace a label that the author of the image wrote.
func (p Pair) Describes() bool { return !p.Written && slices.Contains(Descriptions, p.Key) }

// repo returns GitHub's data about the repository. The method "repo" reads the data only
// once.
func (e *engine) repo() (Repository, error) {
	if e.repository != nil {
		return *e.repository, nil
	}
	r := e.c.Event.Payload.Repository()
	if e.c.Repository != nil {
		var err error
		if r, err = e.c.Repository(e.ctx); err != nil {
			return Repository{}, fmt.Errorf("reading the repository from GitHub's API: %w", err)
		}
	}
	if on, ok := strings.CutPrefix(e.c.Event.Ref, "refs/heads/"); ok && r.DefaultBranch == "" && e.c.Event.Name == "schedule" {
		r.DefaultBranch = on // Scheduled runs are always on the default branch.
	}
	e.repository = &r
	return r, nil
}

// standardLabels returns the standard labels of each image.
func (e *engine) standardLabels() ([]Pair, error) {
	r, err := e.repo()
	if err != nil {
		return nil, err
	}
	created := e.c.Now
	if !e.c.Created.IsZero() {
		created = e.c.Created
	}
	return []Pair{
		{Key: KeyTitle, Value: r.Name},
		{Key: KeyDescription, Value: r.Description},
		{Key: KeyURL, Value: r.HTMLURL},
		{Key: KeySource, Value: r.HTMLURL},
		{Key: KeyVersion, Value: e.result.Version},
		{Key: KeyCreated, Value: created.UTC().Truncate(time.Millisecond).Format("2006-01-02T15:04:05.000Z")},
		{Key: KeyRevision, Value: e.c.Event.SHA},
		{Key: KeyLicenses, Value: r.License},
	}, nil
}

// pairs returns the sorted list of the standard labels and the user's labels. A
// label of the user replaces the standard label with the same key. A line with only the
// key of a standard label keeps the value of the standard label.
func (e *engine) pairs(input, value string) ([]Pair, error) {
	out, err := e.standardLabels()
	if err != nil {
		return nil, err
	}
	items, err := list(input, value)
	if err != nil {
		return nil, err
	}
	place, standard := map[string]int{}, len(out)
	for i, p := range out {
		place[p.Key] = i
	}
	for _, item := range items {
		if i, known := place[item]; known && i < standard {
			out[i].Written = true
			continue
		}
		p, ok, err := e.pair(input, item)
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		if i, again := place[p.Key]; again {
			out[i] = p
			continue
		}
		place[p.Key] = len(out)
		out = append(out, p)
	}
	sortPairs(out)
	return out, nil
}

// hasPlace reports whether an annotation names the places to which it belongs. hasPlace
// adds such an annotation to the result.
func (e *engine) hasPlace(input, item, key, value string) (bool, error) {
	if !e.in.Strict || input != "annotations" {
		return false, nil
	}
	placed, err := e.placed(item, key, value)
	e.result.Placed = append(e.result.Placed, placed...)
	return len(placed) > 0, err
}

// pair evaluates one item of the input "labels" or "annotations". The result "ok" is
// false for an item without "=", because docker/metadata-action ignores such an item. The
// result "ok" is also false for an annotation that names the places to which it belongs.
func (e *engine) pair(input, item string) (p Pair, ok bool, err error) {
	if e.in.Strict {
		if err := labelScope.check(item).in(input, labelSubject(input, item)); err != nil {
			return Pair{}, false, err
		}
	}
	text, err := e.expand(item, input, item)
	if err != nil {
		return Pair{}, false, err
	}
	key, value, ok := strings.Cut(text, "=")
	p = Pair{Key: key, Value: value, Written: true}
	switch {
	case !ok && !e.in.Strict:
		e.warnWithoutValue(input, text)
		return Pair{}, false, nil
	case ok && !e.in.Strict:
		return p, true, checkKey(input, text, key, value)
	case !ok:
		return Pair{}, false, diag.Inputf(input, CodeLabelInvalid, withoutValueHint(text), "%s has no value", labelSubject(input, text))
	}
	if err := e.checkPair(input, text, key, value); err != nil {
		return Pair{}, false, err
	}
	placed, err := e.hasPlace(input, item, key, value)
	return p, !placed, err
}
