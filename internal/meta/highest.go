package meta

import (
	"math/big"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/meta/pep440"
)

// fullVersion is the value of the field "series" for a tag that only one image gets, such
// as 1.2.3 or sha-0123abc.
const fullVersion = -1

// release holds the numbers of a stable version for a comparison.
type release struct {
	epoch   *big.Int
	numbers []*big.Int
	parse   func(string) *release // parse parses another version with the same grammar (SemVer or PEP 440).
}

func semverRelease(v semverVersion) *release {
	if v.prerelease != "" {
		return nil
	}
	numbers := make([]*big.Int, 0, 3)
	for _, n := range v.numbers {
		numbers = append(numbers, new(big.Int).SetUint64(n))
	}
	return &release{epoch: new(big.Int), numbers: numbers, parse: func(s string) *release {
		if v, ok := parseSemver(s); ok {
			return semverRelease(v)
		}
		return nil
	}}
}

func pep440Release(v pep440.Version) *release {
	if !v.Stable() {
		return nil
	}
	var numbers []*big.Int
	for _, n := range v.Release {
		numbers = append(numbers, decimal(n))
	}
	return &release{epoch: decimal(v.Epoch), numbers: numbers, parse: func(s string) *release {
		// The comparison uses only versions with three or more numbers, because
		// a tag with fewer numbers can be a moving tag.
		if v, ok := pep440.Parse(s); ok && len(v.Release) >= 3 {
			return pep440Release(v)
		}
		return nil
	}}
}

func decimal(s string) *big.Int {
	n, _ := new(big.Int).SetString(s, 10)
	if n == nil {
		return new(big.Int)
	}
	return n
}

func (r *release) at(i int) *big.Int {
	if i < len(r.numbers) {
		return r.numbers[i]
	}
	return new(big.Int)
}

// less reports whether r is lower than other.
func (r *release) less(other *release) bool {
	if c := r.epoch.Cmp(other.epoch); c != 0 {
		return c < 0
	}
	for i := range max(len(r.numbers), len(other.numbers)) {
		if c := r.at(i).Cmp(other.at(i)); c != 0 {
			return c < 0
		}
	}
	return false
}

// sameSeries reports whether the first n numbers of both versions are equal.
func (r *release) sameSeries(other *release, n int) bool {
	if r.epoch.Cmp(other.epoch) != 0 {
		return false
	}
	for i := range n {
		if r.at(i).Cmp(other.at(i)) != 0 {
			return false
		}
	}
	return true
}

// higherTags holds two tags in the registry that have a higher stable version. The field
// "overall" is any tag with a higher version. The field "series" is such a tag with the
// same first numbers. A field is empty if no such tag exists.
type higherTags struct{ overall, series string }

// comparison holds the parameters of findHigher. The cache of the results also
// uses comparison as its key.
type comparison struct {
	version *release
	series  int
	around  affixes
}

// higherTags finds the tags in the registry whose version is higher than the version of
// the outcome. higherTags returns no tags if the run may move a tag back to a lower
// version.
func (e *engine) higherTags(o outcome, a affixes) (higherTags, error) {
	if !e.forwardOnly || o.version == nil {
		return higherTags{}, nil
	}
	q := comparison{o.version, max(o.series, 0), a}
	if h, ok := e.higherCache[q]; ok {
		return h, nil
	}
	tags, err := e.tags()
	if err != nil {
		return higherTags{}, err
	}
	h := q.findHigher(tags)
	e.higherCache[q] = h
	return h, nil
}

// findHigher returns the first tags in a list that have a higher version.
func (q comparison) findHigher(tags []string) higherTags {
	var h higherTags
	for _, tag := range tags {
		inner, ok := q.around.strip(tag)
		if !ok {
			continue
		}
		other := q.version.parse(inner)
		if other == nil || !q.version.less(other) {
			continue
		}
		h.overall = tag
		if q.version.sameSeries(other, q.series) {
			h.series = tag
			break
		}
	}
	return h
}

// strip removes the prefix and the suffix of a rule from a tag. The engine
// compares 1.2.3-alpine only with other tags that end in -alpine.
func (a affixes) strip(tag string) (string, bool) {
	inner, ok := strings.CutPrefix(tag, sanitize(a.prefix))
	if !ok {
		return "", false
	}
	return strings.CutSuffix(inner, sanitize(a.suffix))
}

// TagListError is the error of a list of tags that the rules need. The default rules and
// the flavor latest=highest need the list for a version, and the default rules also need
// the list for the names of some branches and Git tags.
type TagListError struct{ Err error }

// Error implements error.
func (e *TagListError) Error() string { return "listing the tags of the repository: " + e.Err.Error() }

// Unwrap returns the error of the registry.
func (e *TagListError) Unwrap() error { return e.Err }

// tags returns the tags in the registry. The method "tags" requests the list only once.
func (e *engine) tags() ([]string, error) {
	if e.listed || e.c.Existing == nil {
		return e.existing, nil
	}
	tags, err := e.c.Existing(e.ctx)
	if err != nil {
		return nil, &TagListError{err}
	}
	e.existing, e.listed = tags, true
	return tags, nil
}
