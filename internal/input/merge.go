package input

import (
	"errors"
	"strings"
)

// MergeConfig is the configuration of `merge`.
type MergeConfig struct {
	Config

	Digests      string   // the outputs of the jobs, not parsed
	Docker       bool     // the run writes an index with the Docker media type
	Attestations string   // keep, strip, legacy or referrers
	Expect       []string // the platforms that the index must have; nil means no check of the platforms
}

// ParseMerge reads and checks the inputs of `merge`.
func ParseMerge(env Environment) (*MergeConfig, error) {
	r := newReader(Merge, env)
	c := &MergeConfig{}
	r.common(&c.Common, env)
	c.Digests = r.raw("digests") // an empty line can mean an output that a job did not set
	if r.text("digests") == "" {
		r.failEmpty("digests", CodeNoDigests, "Set digests: ${{ toJSON(needs.JOB.outputs) }}, where JOB is the job that pushes with push-by-digest: true.")
	}
	c.Naming = r.naming()
	c.DigestName = strings.ReplaceAll(r.text("digest-name"), "/", "-")
	c.Source = "the digests of other jobs"
	c.Docker = r.choice("index-type") == "docker"
	c.Attestations = r.choice("attestations")
	c.Expect = r.platformNames("expect-platforms")
	r.pushOptions(&c.Config)
	r.cleanupAfter(&c.Config)
	c.Attestation = r.attestation(env)
	return c, errors.Join(r.errs...)
}

// words splits the value at commas and at white space.
func (r *reader) words(name string) []string {
	return strings.Fields(strings.ReplaceAll(r.text(name), ",", " "))
}
