package meta

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/safe/lazy"
)

// OutputFormat holds the separators of lists and the name of the bake target.
// For an empty field, the default of docker/metadata-action applies. The
// defaults are one item per line, and the target docker-metadata-action.
type OutputFormat struct {
	SepTags, SepLabels, SepAnnotations string
	BakeTarget                         string
}

// Output is one entry of the file GITHUB_OUTPUT.
type Output struct{ Name, Value string }

// BakeFile is a file for docker buildx bake. The caller writes the file, and
// sets an output to the path of the file.
type BakeFile struct {
	// Output is the name of the output that contains the path of the file.
	Output string
	// Name is the file's name without a folder.
	Name string
	// Content is JSON with an indentation of two spaces.
	Content string
}

// Outputs returns all outputs of docker/metadata-action, except the outputs with
// the paths of bake files.
func (r Result) Outputs(f OutputFormat) []Output {
	return []Output{
		{"version", r.Version},
		{"tags", strings.Join(r.Refs(), or(f.SepTags, "\n"))},
		{"tag-names", strings.Join(r.Names(), or(f.SepTags, "\n"))},
		{"labels", strings.Join(lines(r.Labels), or(f.SepLabels, "\n"))},
		{"annotations", strings.Join(r.annotationsByLevel(), or(f.SepAnnotations, "\n"))},
		{"json", r.JSON()},
	}
}

// JSON returns the value of the output "json" on one line.
func (r Result) JSON() string {
	return object{
		{"tags", r.Refs()},
		{"tag-names", r.Names()},
		{"labels", labelObject(r.Labels)},
		{"annotations", r.annotationsByLevel()},
	}.compact()
}

// BakeFiles returns the definition files for docker buildx bake.
func (r Result) BakeFiles(f OutputFormat) []BakeFile {
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
		file("-annotations", member{"annotations", r.annotationsByLevel()}),
		file("", tags, labels, member{"args", args}),
	}
}

// annotationsByLevel returns each annotation once for each level, in the form
// manifest:key=value.
func (r Result) annotationsByLevel() []string {
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

// labelObject returns the labels as a JSON object. labelObject truncates each
// value at its first line break, as docker/metadata-action does.
func labelObject(pairs []Pair) object {
	out := make(object, len(pairs))
	for i, p := range pairs {
		value := p.Value
		if end := strings.IndexAny(value, "\n\r\u2028\u2029"); end >= 0 {
			value = value[:end]
		}
		out[i] = member{p.Key, value}
	}
	slices.SortStableFunc(out, func(a, b member) int { return cmp.Compare(arrayIndex(a.name), arrayIndex(b.name)) })
	return out
}

// arrayIndex returns the number of a key that is a whole number. For all other
// keys, arrayIndex returns a higher number. JavaScript lists whole numbers
// before the other keys of an object, in ascending order (ECMAScript,
// "OrdinaryOwnPropertyKeys").
func arrayIndex(key string) uint64 {
	const none = 1<<32 - 1
	n, err := strconv.ParseUint(key, 10, 64)
	if err != nil || n >= none || strconv.FormatUint(n, 10) != key {
		return none
	}
	return n
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

var nonWord = lazy.Regexp(`[^A-Za-z0-9_]`)

// EnvName returns the name of the environment variable that contains the value of an
// output. DOCKER_METADATA_SET_OUTPUT_ENV can disable these variables.
func EnvName(output string) string {
	return "DOCKER_METADATA_OUTPUT_" + strings.ToUpper(nonWord().ReplaceAllString(output, "_"))
}
