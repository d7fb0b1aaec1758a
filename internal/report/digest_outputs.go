package report

import (
	"slices"
	"strings"
)

// SkippedDigest is the value of a digest output if the job did not push, because its
// token is read-only. The command "merge" can then distinguish a skipped job from a
// missing image.
const SkippedDigest = "skipped"

// platformDigests returns a digest for each platform of a run that pushes by digest. The
// value is the digest of the root of the image tree, because the command "merge" also
// needs the attestations of the image.
func (r *Report) platformDigests() map[string]string {
	value := r.provenDigest()
	if r.Outcome == Skipped {
		value = SkippedDigest
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

// platformDigestOutputs returns one output for each platform and one output for the input
// "digest-name". The outputs include uncommon platforms, because a workflow can read
// outputs that action.yml does not declare.
func (r *Report) platformDigestOutputs(byName map[string]string) []Output {
	var out []Output
	for platform, digest := range byName {
		out = append(out, Output{PlatformOutput(platform), digest})
	}
	own := Output{"digest-" + r.DigestName, r.provenDigest()}
	if r.Outcome == Skipped {
		own.Value = SkippedDigest
	}
	if r.DigestName != "" && own.Value != "" && !slices.Contains(out, own) {
		out = append(out, own)
	}
	slices.SortFunc(out, func(a, b Output) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// Artifacts returns a reference with tag and digest for each tag that the run read back.
// Artifacts omits an image that the run pushed by digest, because such an image is only a
// part of an index.
func (r *Report) Artifacts() []string {
	var out []string
	for _, i := range r.Images {
		for _, t := range i.Tags {
			if t.Proven {
				out = append(out, t.Reference+"@"+i.digest())
			}
		}
	}
	return out
}
