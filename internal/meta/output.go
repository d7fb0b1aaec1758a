package meta

import (
	"regexp"
	"strings"
)

// Format says how lists are joined and what bake's target is called. Empty
// fields mean docker/metadata-action's defaults: a line each, and
// docker-metadata-action.
type Format struct {
	SepTags, SepLabels, SepAnnotations string
	BakeTarget                         string
}

// Output is a name and a value for GITHUB_OUTPUT.
type Output struct{ Name, Value string }

// BakeFile is a file to write and to give as an output.
type BakeFile struct {
	// Output is the output that names the file.
	Output string
	// Name is the file's own, without folder.
	Name string
	// Content is JSON indented by two spaces.
	Content string
}

// Outputs are all that docker/metadata-action sets, except the bake files.
func (r Result) Outputs(f Format) []Output {
	return []Output{
		{"version", r.Version},
		{"tags", strings.Join(r.Refs(), or(f.SepTags, "\n"))},
		{"tag-names", strings.Join(r.Names(), or(f.SepTags, "\n"))},
		{"labels", strings.Join(lines(r.Labels), or(f.SepLabels, "\n"))},
		{"annotations", strings.Join(r.levelled(), or(f.SepAnnotations, "\n"))},
		{"json", r.JSON()},
	}
}

// JSON is the output json, on one line.
func (r Result) JSON() string {
	return object{
		{"tags", r.Refs()},
		{"tag-names", r.Names()},
		{"labels", labelObject(r.Labels)},
		{"annotations", r.levelled()},
	}.compact()
}

// BakeFiles are the definition files for docker buildx bake.
func (r Result) BakeFiles(f Format) []BakeFile {
	args := object{{"DOCKER_META_IMAGES", strings.Join(r.Images, ",")}}
	if r.Version != "" {
		args = append(args, member{"DOCKER_META_VERSION", r.Version})
	}
	tags, labels := member{"tags", r.Refs()}, member{"labels", labelObject(r.Labels)}
	file := func(kind string, target ...member) BakeFile {
		content := object{{"target", object{{or(f.BakeTarget, "docker-metadata-action"), object(target)}}}}
		return BakeFile{"bake-file" + kind, "docker-metadata-action-bake" + kind + ".json", content.indented()}
	}
	return []BakeFile{
		file("-tags", tags, member{"args", args}),
		file("-labels", labels),
		file("-annotations", member{"annotations", r.levelled()}),
		file("", tags, labels, member{"args", args}),
	}
}

// levelled are the annotations with each level in front: manifest:key=value.
func (r Result) levelled() []string {
	out := make([]string, 0, len(r.Levels)*len(r.Annotations))
	for _, level := range r.Levels {
		for _, line := range lines(r.Annotations) {
			out = append(out, level+":"+line)
		}
	}
	return out
}

func lines(pairs []Pair) []string {
	out := make([]string, len(pairs))
	for i, p := range pairs {
		out[i] = p.Key + "=" + p.Value
	}
	return out
}

// labelObject holds labels by key. A value ends at its first line break, as it
// does in docker/metadata-action's JSON.
func labelObject(pairs []Pair) object {
	out := make(object, len(pairs))
	for i, p := range pairs {
		value := p.Value
		if end := strings.IndexAny(value, "\n\r\u2028\u2029"); end >= 0 {
			value = value[:end]
		}
		out[i] = member{p.Key, value}
	}
	return out
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

var nonWord = regexp.MustCompile(`[^A-Za-z0-9_]`)

// EnvName is the environment variable that repeats an output, unless
// DOCKER_METADATA_SET_OUTPUT_ENV switches that off.
func EnvName(output string) string {
	return "DOCKER_METADATA_OUTPUT_" + strings.ToUpper(nonWord.ReplaceAllString(output, "_"))
}
