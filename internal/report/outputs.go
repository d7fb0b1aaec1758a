package report

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/publish/push"
)

// Output is one output of the step.
type Output struct{ Name, Value string }

// CommonPlatforms lists the platforms for which action.yml declares an output
// digest-NAME. The list is fixed, because action.yml cannot declare outputs for all
// possible platforms. The output "digests" contains the digests of all platforms.
var CommonPlatforms = []string{
	"linux/386", "linux/amd64", "linux/arm/v6", "linux/arm/v7", "linux/arm64",
	"linux/ppc64le", "linux/riscv64", "linux/s390x", "windows/amd64",
}

// PlatformOutput returns the name of the output for a platform, for example
// digest-linux-arm-v7.
func PlatformOutput(platform string) string {
	return "digest-" + strings.ReplaceAll(platform, "/", "-")
}

// Outputs returns the outputs of the step. An output is empty or "false" if the run could
// not confirm the fact that the output reports. Outputs returns digests only if each
// repository has the complete image.
func (r *Report) Outputs() ([]Output, error) {
	data, err := r.compact()
	if err != nil {
		return nil, err
	}
	digests, err := r.digestOutputs()
	if err != nil {
		return nil, err
	}
	previous, err := r.previous()
	if err != nil {
		return nil, err
	}
	first := Image{}
	if len(r.Images) > 0 {
		first = r.Images[0]
	}
	out := []Output{
		{"digest", r.provenDigest()},
		{"reference", first.Reference},
		{"image", first.Image},
		{"tags", strings.Join(r.references(), "\n")},
		{"tag-names", strings.Join(r.names(), "\n")},
		{"version", r.Version},
		{"pushed", strconv.FormatBool(r.pushed())},
		{"changed", strconv.FormatBool(r.Changed())},
		{"previous", previous},
		{"linked", r.linked()},
		{"visibility", first.Visibility},
		{"anonymous-pull", first.AnonymousPull},
		{"package-url", first.PackageURL},
		{"settings-url", first.SettingsURL},
		{"outcome", string(r.Outcome)},
		{"json", string(data)},
	}
	if r.several() {
		byImage, err := r.digestsByImage()
		if err != nil {
			return nil, err
		}
		out = append(out, Output{"digests-by-image", byImage})
	}
	if r.Cleanup != nil {
		lists, err := r.Cleanup.lists()
		if err != nil {
			return nil, err
		}
		out = append(out, lists...)
	}
	if r.Attestation != nil {
		attested, err := r.Attestation.outputs()
		if err != nil {
			return nil, err
		}
		out = append(out, attested...)
	}
	if r.Archive != nil {
		out = append(out, Output{"path", r.Archive.Path}, Output{"archive-digest", r.Archive.Digest})
	}
	return append(out, digests...), nil
}

// compact returns the value of the output "json". If the JSON is larger than maxJSON, the
// method "compact" omits the differences of configs and packages.
func (r *Report) compact() ([]byte, error) {
	data, err := json.Marshal(r)
	if err != nil || len(data) <= maxJSON {
		return data, err
	}
	small := *r
	if r.Cleanup != nil {
		small.Cleanup = r.Cleanup.small()
	}
	small.Changes = slices.Clone(r.Changes)
	for i := range small.Changes {
		small.Changes[i].Platforms, small.Changes[i].Packages = withoutConfig(small.Changes[i].Platforms), nil
	}
	return json.Marshal(&small)
}

// provenDigest returns the digest only if each repository has the complete
// image, because later steps can deploy the digest. Otherwise, provenDigest
// returns "".
func (r *Report) provenDigest() string {
	if !r.complete() {
		return ""
	}
	return r.Digest
}

func (r *Report) complete() bool {
	for _, i := range r.Images {
		if !i.Complete {
			return false
		}
	}
	return len(r.Images) > 0
}

// pushed reports whether the run published the image and read it back. The
// result is also true if the run failed later, for example because an owner
// must change the visibility.
func (r *Report) pushed() bool {
	return r.Outcome == Published || r.Outcome == Unchanged || r.proven()
}

func (r *Report) proven() bool {
	for _, i := range r.Images {
		for _, t := range i.Tags {
			if !t.Proven && t.State != push.Kept {
				return false
			}
		}
		if !i.Proven {
			return false
		}
	}
	return r.complete()
}

func (r *Report) digestOutputs() ([]Output, error) {
	byName := map[string]string{}
	if r.complete() {
		byName = r.digests()
	}
	if r.ByDigest {
		byName = r.platformDigests()
	}
	data, err := json.Marshal(byName)
	if err != nil {
		return nil, err
	}
	out := []Output{{"digests", string(data)}}
	if r.ByDigest {
		return append(out, r.platformDigestOutputs(byName)...), nil
	}
	for _, p := range CommonPlatforms {
		if byName[p] != "" && !r.ambiguous(p) { // The runner treats a missing output as an empty output.
			out = append(out, Output{PlatformOutput(p), byName[p]})
		}
	}
	return out, nil
}

// references returns the references of all tags that point at the digest.
func (r *Report) references() []string {
	var out []string
	for _, i := range r.Images {
		for _, t := range i.Tags {
			if t.State == push.Moved || t.State == push.Already {
				out = append(out, t.Reference)
			}
		}
	}
	return out
}

// names returns the names of the tags. The method "names" omits a tag if it points at a
// newer image in every repository, because the run did not move such a tag.
func (r *Report) names() []string {
	if len(r.Images) == 0 {
		return r.TagNames
	}
	return slices.DeleteFunc(slices.Clone(r.TagNames), func(name string) bool {
		for _, i := range r.Images {
			for _, t := range i.Tags {
				if t.Name == name && t.State != push.Kept {
					return false
				}
			}
		}
		return true
	})
}

// previous returns a JSON object that maps each reference to the previous
// digest of its tag, or to null. A rollback needs the previous digests.
func (r *Report) previous() (string, error) {
	before := map[string]*string{}
	for _, i := range r.Images {
		for _, t := range i.Tags {
			before[t.Reference] = nil
			if t.Previous != "" {
				before[t.Reference] = &t.Previous
			}
		}
	}
	data, err := json.Marshal(before)
	return string(data), err
}

// linked returns "no" if a package is not linked to a repository. Otherwise, the method
// "linked" returns "yes" if all packages are linked, and "unknown" if the link of a
// package is unknown.
func (r *Report) linked() string {
	answer := ""
	for _, i := range r.Images {
		switch {
		case i.Linked == "no" || answer == "":
			answer = i.Linked
		case i.Linked == "unknown" && answer == "yes":
			answer = i.Linked
		}
	}
	return answer
}

// Changed reports whether the run wrote anything.
func (r *Report) Changed() bool {
	if len(r.Attachments) > 0 || r.Attestation.made() {
		return true
	}
	for _, i := range r.Images {
		if i.Uploaded.Blobs+i.Mounted.Blobs+i.Manifests > 0 {
			return true
		}
		for _, t := range i.Tags {
			if t.State.Written() {
				return true
			}
		}
	}
	return false
}
