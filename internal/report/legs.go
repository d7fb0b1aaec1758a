package report

import (
	"slices"
	"strings"
)

// SkippedLeg is what the output of a leg holds that was not pushed, because
// its token may only read: merge tells it from a leg that is missing.
const SkippedLeg = "skipped"

// legs are the digest outputs of a run that pushes its part of an image for
// merging: all that was pushed, attestations included, so the root's digest
// for each platform in it.
func (r *Report) legs() map[string]string {
	value := r.provenDigest()
	if r.Outcome == Skipped {
		value = SkippedLeg
	}
	byName := map[string]string{}
	if value == "" {
		return byName
	}
	for _, p := range r.Platforms {
		byName[p.Platform] = value
	}
	return byName
}

// legOutputs name the digest by platform, uncommon ones included (a step's
// outputs need not be declared to be read), and by the leg's own name.
func (r *Report) legOutputs(byName map[string]string) []Output {
	var out []Output
	for platform, digest := range byName {
		out = append(out, Output{PlatformOutput(platform), digest})
	}
	own := Output{"digest-" + r.Leg, r.provenDigest()}
	if r.Outcome == Skipped {
		own.Value = SkippedLeg
	}
	if r.Leg != "" && own.Value != "" && !slices.Contains(out, own) {
		out = append(out, own)
	}
	slices.SortFunc(out, func(a, b Output) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// Artifacts returns the references of the tags that were read back, in the form
// NAME:TAG@DIGEST, for the list of artifacts of the runner. A leg has no tags, so
// it is not an artifact.
func (r *Report) Artifacts() []string {
	var out []string
	for _, i := range r.Images {
		for _, t := range i.Tags {
			if t.Proven {
				out = append(out, t.Reference+"@"+r.Digest)
			}
		}
	}
	return out
}
