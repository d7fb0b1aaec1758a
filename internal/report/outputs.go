package report

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// Output is one output of the step.
type Output struct{ Name, Value string }

// CommonPlatforms are those with an output of their own, digest-<name>:
// action.yml must declare outputs, so the list is closed. Others are in the
// output digests.
var CommonPlatforms = []string{
	"linux/386", "linux/amd64", "linux/arm/v6", "linux/arm/v7", "linux/arm64",
	"linux/ppc64le", "linux/riscv64", "linux/s390x", "windows/amd64",
}

// PlatformOutput is the name of a platform's output: digest-linux-arm-v7.
func PlatformOutput(platform string) string {
	return "digest-" + strings.ReplaceAll(platform, "/", "-")
}

// Outputs lists the step's outputs. What is not true of the run is empty or
// false; digests are given only once they are true in every repository.
func (r *Report) Outputs() ([]Output, error) {
	data, err := json.Marshal(r)
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
	if r.Archive != nil {
		out = append(out, Output{"path", r.Archive.Path}, Output{"archive-digest", r.Archive.Digest})
	}
	return append(out, digests...), nil
}

// provenDigest is empty unless every image is complete: an output that later
// steps deploy must not name what is not there.
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

// pushed holds also where a run failed after all was read back, as for a
// visibility that an owner has to change.
func (r *Report) pushed() bool {
	return r.Outcome == Published || r.Outcome == Unchanged || r.proven()
}

func (r *Report) proven() bool {
	for _, i := range r.Images {
		for _, t := range i.Tags {
			if !t.Proven && t.State != "kept" {
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
		_, byName = r.digests()
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
		if byName[p] != "" { // an output that is not set reads as empty anyway
			out = append(out, Output{PlatformOutput(p), byName[p]})
		}
	}
	return out, nil
}

// references are the full references of all tags that point at the digest.
func (r *Report) references() []string {
	var out []string
	for _, i := range r.Images {
		for _, t := range i.Tags {
			if t.State == "moved" || t.State == "already" {
				out = append(out, t.Reference)
			}
		}
	}
	return out
}

// names are the tags alone, without those that stayed at something newer in
// every image.
func (r *Report) names() []string {
	if len(r.Images) == 0 {
		return r.TagNames
	}
	return slices.DeleteFunc(slices.Clone(r.TagNames), func(name string) bool {
		for _, i := range r.Images {
			for _, t := range i.Tags {
				if t.Name == name && t.State != "kept" {
					return false
				}
			}
		}
		return true
	})
}

// previous is what a rollback needs: full reference → digest it had, or null.
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

// linked is no if any package is not linked, unknown if any is not known.
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
	if len(r.Along) > 0 {
		return true
	}
	for _, i := range r.Images {
		if i.Uploaded.Blobs+i.Mounted.Blobs+i.Manifests > 0 {
			return true
		}
		for _, t := range i.Tags {
			if t.State == "moved" || t.State == "unclear" {
				return true
			}
		}
	}
	return false
}
