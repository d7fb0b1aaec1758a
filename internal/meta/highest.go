package meta

import (
	"fmt"
	"math/big"
	"strings"

	"github.com/Masterminds/semver/v3"
	"github.com/ghcr-publish/ghcr-publish/internal/meta/pep440"
)

// pinned is the series of a value that names one version in full.
const pinned = -1

// release is a stable version's numbers, for comparing.
type release struct {
	epoch   *big.Int
	numbers []*big.Int
	parse   func(string) *release // reads versions of the same kind
}

func semverRelease(v *semver.Version) *release {
	if v.Prerelease() != "" {
		return nil
	}
	numbers := make([]*big.Int, 0, 3)
	for _, n := range []uint64{v.Major(), v.Minor(), v.Patch()} {
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
		// A Python version of one or two numbers looks like a moving tag, so
		// only three or more count.
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

// less reports whether r comes before other.
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

// shares reports whether the first n numbers are the same.
func (r *release) shares(other *release, n int) bool {
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

// higher names existing tags with a higher stable version: any, and one of the
// same series. Both are empty if there is none.
type higher struct{ overall, series string }

// question is what an answer of higher depends on, besides the registry.
type question struct {
	version *release
	series  int
	around  affixes
}

// higher asks the registry, if moving tags are guarded.
func (e *engine) higher(o outcome, a affixes) (higher, error) {
	if !e.careful || o.version == nil {
		return higher{}, nil
	}
	q := question{o.version, max(o.series, 0), a}
	if h, ok := e.answers[q]; ok {
		return h, nil
	}
	tags, err := e.tags()
	if err != nil {
		return higher{}, err
	}
	h := q.answer(tags)
	e.answers[q] = h
	return h, nil
}

// answer looks for the first tags that are higher.
func (q question) answer(tags []string) higher {
	var h higher
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
		if q.version.shares(other, q.series) {
			h.series = tag
			break
		}
	}
	return h
}

// strip takes a rule's prefix and suffix off a tag, so that 1.2.3-alpine
// competes with other -alpine tags only.
func (a affixes) strip(tag string) (string, bool) {
	inner, ok := strings.CutPrefix(tag, sanitize(a.prefix))
	if !ok {
		return "", false
	}
	return strings.CutSuffix(inner, sanitize(a.suffix))
}

// tags lists the registry's tags once.
func (e *engine) tags() ([]string, error) {
	if e.listed || e.c.Existing == nil {
		return e.existing, nil
	}
	tags, err := e.c.Existing(e.ctx)
	if err != nil {
		return nil, fmt.Errorf("listing the tags that this version is compared with: %w", err)
	}
	e.existing, e.listed = tags, true
	return tags, nil
}
