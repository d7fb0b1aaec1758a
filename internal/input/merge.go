package input

import (
	"errors"
	"strings"
)

// MergeConfig is a run of `merge` as it was asked for.
type MergeConfig struct {
	Config

	Digests      string   // as the jobs handed them on
	Docker       bool     // a list of Docker's media type
	Attestations string   // keep or strip
	Expect       []string // platforms; nil takes what comes
}

// ParseMerge reads and checks everything a merge is asked for.
func ParseMerge(env Environment) (*MergeConfig, error) {
	r := newReader(Merge, env)
	c := &MergeConfig{}
	r.common(&c.Common, env)
	c.Digests = r.text("digests")
	if c.Digests == "" {
		r.fail("digests", "no-digests", "Set digests: ${{ toJSON(needs.JOB.outputs) }}, where JOB pushed the parts with push-by-digest: true.", "There is nothing to merge")
	}
	c.Naming = r.naming()
	c.DigestName = strings.ReplaceAll(r.text("digest-name"), "/", "-")
	c.Source = "the digests of other jobs"
	c.Docker = r.choice("index-type") == "docker"
	c.Attestations = r.choice("attestations")
	c.Expect = r.words("expect-platforms")
	r.choices(&c.Config)
	return c, errors.Join(r.errs...)
}

// words splits at commas and at all blanks.
func (r *reader) words(name string) []string {
	return strings.Fields(strings.ReplaceAll(r.text(name), ",", " "))
}
