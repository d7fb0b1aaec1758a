package meta

import (
	"slices"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
)

// Literal tells what a line of tags that is no rule names. A reference to one
// of the images (ghcr.io/acme/web:1.2, as docker/metadata-action's output tags
// has them) is its tag, and ok is true. A bare name is not one, and ok is false.
// A reference to anything else is an error.
func Literal(text string, images []string) (tag string, ok bool, err error) {
	if !strings.ContainsAny(text, "/:@") || strings.Contains(text, "{{") {
		return "", false, nil
	}
	if strings.Contains(text, "@") {
		return "", false, diag.Inputf("tags", "tag-digest", "Name the tag alone: the digest is what is being published.",
			"%q names a digest, and tags are names", text)
	}
	colon := strings.LastIndexByte(text, ':')
	if colon <= strings.LastIndexByte(text, '/') {
		return "", false, diag.Inputf("tags", "tag-foreign", "Write the tag alone, as in 1.2, or a full reference with its tag, as in ghcr.io/owner/name:1.2.",
			"%q is neither a tag nor a reference with one", text)
	}
	repository, tag := strings.ToLower(text[:colon]), text[colon+1:]
	if !slices.Contains(images, repository) {
		return "", false, diag.Inputf("tags", "tag-foreign", "Add "+repository+" to the input image, or leave the line out.",
			"%q is in the repository %s, which is not published here (%s)", text, repository, strings.Join(images, ", "))
	}
	return tag, true, nil
}

// literal is a raw rule that is a reference, or several with commas between.
func (e *engine) literal(r rule) (outcome, bool, error) {
	if len(r.attrs) > 2 || r.text != r.attrs["value"] {
		return outcome{}, false, nil
	}
	tag, ok, err := Literal(r.text, e.result.Images)
	_, full := parseSemver(tag)
	return outcome{value: tag, moving: !full, series: pinned}, ok, err
}

// splitReferences makes a line of references with commas between, as sep-tags
// may have joined them, one item each.
func splitReferences(items []string) []string {
	var out []string
	for _, item := range items {
		if strings.Contains(item, "=") || !strings.Contains(item, ",") {
			out = append(out, item)
			continue
		}
		for _, part := range strings.Split(item, ",") {
			if part = trimJS(part); part != "" {
				out = append(out, part)
			}
		}
	}
	return out
}
