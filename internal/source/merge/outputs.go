package merge

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// prefix is the start of the name of each output that contains the digest of
// a platform image.
const prefix = "digest-"

// maxNesting is the maximum number of levels of nested JSON objects. The
// output of toJSON(needs) has three levels.
const maxNesting = 8

// json parses the output of toJSON.
func (f *finder) json(text string) error {
	var value any
	if json.Unmarshal([]byte(text), &value) != nil {
		return inputError("digests", CodeDigestInvalid, "Set digests: ${{ toJSON(needs.JOB.outputs) }} without quotation marks around the expression. If you write the digests by hand, write one digest per line and not JSON.", nil, "The input digests starts like JSON but is not valid JSON")
	}
	return f.walk("", value, 0)
}

func (f *finder) walk(key string, value any, depth int) error {
	if depth > maxNesting {
		return inputError("digests", CodeDigestInvalid, "Set digests: ${{ toJSON(needs.JOB.outputs) }}, without other JSON objects around the outputs.", nil, "The input digests contains JSON objects that are nested in more than %d levels", maxNesting)
	}
	switch value := value.(type) {
	case map[string]any:
		return f.object(key, value, depth)
	case []any:
		for i, each := range value {
			if err := f.walk(cmp.Or(key, fmt.Sprintf("entry %d", i+1)), each, depth+1); err != nil {
				return err
			}
		}
		return nil
	case string:
		return f.add(key, value)
	case nil:
		return f.add(key, "")
	}
	return f.add(key, fmt.Sprint(value)) // A number or a Boolean value is not a digest.
}

// object adds the digests of one JSON object. The object can contain all outputs of a
// job. If the names of some outputs start with "digest-", object reads one digest from
// each of these outputs. Otherwise, object reads all digests from the output "digests".
// If the output "digests" is also missing, object reads the output "digest".
//
// If the JSON object has none of these outputs, object treats every value as a digest or
// as a nested object.
func (f *finder) object(name string, o map[string]any, depth int) error {
	if f.owner == "" && !isJob(o) {
		f.owner = name
		defer func() { f.owner = "" }()
	}
	keys := slices.Sorted(maps.Keys(o))
	if slices.ContainsFunc(keys, func(k string) bool { return isJob(o[k]) }) {
		return f.each(o, keys, depth) // The names of the jobs are not names of outputs.
	}
	own := slices.DeleteFunc(slices.Clone(keys), func(k string) bool { return !strings.HasPrefix(k, prefix) })
	_, listed := o["digests"]
	_, single := o["digest"]
	switch {
	case len(o) == 0 && depth > 0:
		return f.add(name, "")
	case len(own) > 0:
		return f.each(o, own, depth)
	case listed && !(single && lacksDigests(o["digests"])):
		return f.list(o["digests"], depth)
	case single:
		return f.each(o, []string{"digest"}, depth)
	case isJob(o):
		return f.needed(name, o, depth)
	}
	return f.each(o, keys, depth)
}

// lacksDigests reports whether the output "digests" has no entries. The output is "{}" if
// the image of a job has no platform, and the output "digest" then contains the digest.
func lacksDigests(value any) bool {
	switch strings.TrimSpace(fmt.Sprint(value)) {
	case "", "{}", "[]", "null", "<nil>", "map[]":
		return true
	}
	return false
}

// needed adds the digests of one job in the context "needs". The result of the job is
// success, failure, cancelled or skipped. A successful job without outputs can be a job
// that builds no image, for example a job with tests.
//
// Every other result is a failure, also if the pattern matches none of the outputs. GitHub
// removes empty outputs from the context, so a job that failed before its push has only
// the outputs that it set earlier, for example the output of another image. The outputs
// therefore do not show which images the job builds.
func (f *finder) needed(job string, o map[string]any, depth int) error {
	f.owner = strings.TrimSpace("the job " + job)
	defer func() { f.owner = "" }()
	if result, _ := o["result"].(string); result != "success" {
		f.failed = append(f.failed, fmt.Sprintf("the result of %s is %s", f.owner, cmp.Or(result, "unknown")))
		f.notRun = f.notRun || result == "skipped"
	}
	outputs, _ := o["outputs"].(map[string]any)
	if len(outputs) == 0 {
		return nil
	}
	return f.walk("", outputs, depth+1)
}

// isJob reports whether the JSON value is one job in the context "needs"
// (contexts reference, "needs").
func isJob(value any) bool {
	o, _ := value.(map[string]any)
	_, result := o["result"]
	_, outputs := o["outputs"]
	return result && outputs
}

func (f *finder) each(o map[string]any, keys []string, depth int) error {
	for _, k := range keys {
		if err := f.walk(k, o[k], depth+1); err != nil {
			return err
		}
	}
	return nil
}

// list adds the digests in the output "digests", which can contain a JSON
// object as text.
func (f *finder) list(value any, depth int) error {
	text, ok := value.(string)
	if !ok {
		return f.walk("digests", value, depth+1)
	}
	if strings.TrimSpace(text) == "" {
		return f.add("digests", "")
	}
	var inner any
	if err := json.Unmarshal([]byte(text), &inner); err != nil {
		return f.add("digests", text)
	}
	return f.walk("digests", inner, depth+1)
}
