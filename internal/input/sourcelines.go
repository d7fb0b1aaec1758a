package input

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/safe/lazy"
)

// refuseSourcesInOtherForm refuses a JSON object, and several images in one line. The
// function reports whether it refused the input.
func (r *reader) refuseSourcesInOtherForm(lines []string) bool {
	entries, title := objectEntries(r.text("sources")), "The input sources is a JSON object"
	if entries == nil {
		for _, line := range lines {
			entries = append(entries, sourceEntries(line)...)
		}
		if len(entries) == len(lines) {
			return false
		}
		title = "The input sources contains several images in one line"
	}
	r.fail("sources", CodeList, r.oneEntryPerLine("sources", entries), "%s", title)
	return true
}

// objectEntries returns NAME=SOURCE for each entry of a JSON object of texts, or nil.
func objectEntries(text string) []string {
	var object map[string]string
	if !strings.HasPrefix(text, "{") || json.Unmarshal([]byte(text), &object) != nil {
		return nil
	}
	var out []string
	for _, name := range slices.Sorted(maps.Keys(object)) {
		out = append(out, name+"="+object[name])
	}
	return out
}

// sourceEntries splits a line at commas and semicolons. A line is one entry if its source
// is an existing file, or if a part of the line is not NAME=SOURCE.
func sourceEntries(line string) []string {
	_, source, _ := strings.Cut(line, "=")
	if _, err := os.Lstat(source); err == nil {
		return []string{line}
	}
	parts := strings.FieldsFunc(line, func(c rune) bool { return c == ',' || c == ';' })
	for i, part := range parts {
		name, source, ok := strings.Cut(strings.TrimSpace(part), "=")
		if !ok || name == "" || source == "" {
			return []string{line}
		}
		parts[i] = name + "=" + source
	}
	return parts
}

// colonLine matches NAME: SOURCE, the form of YAML.
var colonLine = lazy.Regexp(`^([A-Za-z0-9._/-]+):\s+(\S+)$`)

// sourceLineHint returns the hint for a line of the input "sources" that is not
// NAME=SOURCE.
func sourceLineHint(line string) string {
	if name, source, ok := strings.Cut(line, "="); ok && name != "" && strings.TrimSpace(source) == "" {
		return "Write the source after the equals sign, such as " + line + "image.tar. If the source comes from an output of a step or a job, the step or the job set no output."
	}
	if m := colonLine().FindStringSubmatch(line); m != nil {
		return "Write " + m[1] + "=" + m[2] + "."
	}
	return "Write NAME=SOURCE, one per line, such as api=api.tar. To publish all images of a file, write *=bundle.tar."
}

// sourcesPhrases replaces the sentences of a hint that name the inputs of one image. The
// first text of each pair is in a hint of the packages source and detect.
var sourcesPhrases = strings.NewReplacer(
	"the input sources", "the input sources", // this text must match before "the input source"
	"Set the input context to the folder of the Dockerfile, or set the input file to the path of the Dockerfile.", "Write NAME=context:FOLDER in the input sources, where FOLDER contains a file with the name Dockerfile.",
	"Set the input context to a path", "Write NAME=context:FOLDER in the input sources, where FOLDER is a path",
	"The input source accepts one image. Publish each image in a separate step, or write NAME=SOURCE for each image in the input sources.", "Write one NAME=SOURCE per line.",
	"the input image", "the input sources",
	"et the input source to", "et the source in the input sources to",
	"the input source", "the source in the input sources",
	" and remove the source", " and remove the line",
)

// contextHint matches the sentence that names the input "context" for a Dockerfile.
var contextHint = lazy.Regexp(`write context: (\S+)(?: and file: \S+)? instead of source\.`)

// SourcesHint returns a hint about one source in the words of the input "sources".
func SourcesHint(hint string) string {
	hint = contextHint().ReplaceAllString(hint, "write NAME=context:$1 in the input sources.")
	return sourcesPhrases.Replace(hint)
}
