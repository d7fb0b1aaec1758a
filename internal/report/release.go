package report

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/input"
	"github.com/ghcr-publish/ghcr-publish/internal/publish"
)

// fillRelease copies the facts of several images. The fields that describe one image, such
// as Digest and Platforms, describe the first image. The field Images contains all images.
func (r *Report) fillRelease(outcomes []*publish.Outcome, wanted input.Visibility) {
	var statuses []Outcome
	for n, o := range outcomes {
		part := &Report{Command: r.Command, ByDigest: r.ByDigest, Run: r.Run}
		part.fill(o, wanted)
		statuses = append(statuses, part.Outcome)
		if n == 0 {
			r.takeFirst(part)
		}
		r.add(part)
	}
	r.Outcome = together(statuses)
}

// takeFirst copies the fields that describe the first image.
func (r *Report) takeFirst(part *Report) {
	r.Digest, r.MediaType, r.root, r.content = part.Digest, part.MediaType, part.root, part.content
	r.Version, r.TagNames, r.Rules = part.Version, part.TagNames, part.Rules
	r.Platforms = append(r.Platforms, part.Platforms...)
}

// add adds the destinations, the plan and the messages of one image.
func (r *Report) add(part *Report) {
	for _, i := range part.Images {
		i.Digest, i.Platforms = part.Digest, part.Platforms
		r.Images = append(r.Images, i)
	}
	r.Planned, r.Steps = append(r.Planned, part.Planned...), append(r.Steps, part.Steps...)
	r.Attachments, r.Changes = append(r.Attachments, part.Attachments...), append(r.Changes, part.Changes...)
	r.addAttestations(part)
	r.Transfer.Seconds = max(r.Transfer.Seconds, part.Transfer.Seconds)
	for _, n := range part.Notices {
		if !slices.Contains(r.Notices, n) {
			r.Notices = append(r.Notices, n)
		}
	}
	if r.Refusal == nil {
		r.Refusal, r.Reason = part.Refusal, part.Reason
	}
	if r.Gate == nil {
		r.Gate = part.Gate
	}
}

// together returns the outcome of a release. A failure of one image is a failure of the
// release, and a release is unchanged if all its images are unchanged.
func together(statuses []Outcome) Outcome {
	for _, o := range []Outcome{Gated, Failed, Planned, Published, Unchanged} {
		if slices.Contains(statuses, o) {
			return o
		}
	}
	return Skipped
}

// several reports whether the run published several images, and not one image to several
// repositories.
func (r *Report) several() bool {
	return slices.ContainsFunc(r.Images, func(i Image) bool { return i.Digest != "" })
}

// digestsByImage returns the output "digests-by-image": a JSON object that maps each image
// to its digest. An image has a digest only if its repository has the complete image.
func (r *Report) digestsByImage() (string, error) {
	digests := map[string]string{}
	for _, i := range r.Images {
		if i.Complete {
			digests[i.Image] = i.digest()
		}
	}
	data, err := json.Marshal(digests)
	return string(data), err
}

// digest returns the digest of the image in the repository, or "".
func (i Image) digest() string {
	_, digest, _ := strings.Cut(i.Reference, "@")
	return digest
}
