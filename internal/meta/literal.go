package meta

import (
	"slices"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
)

// Literal parses a line of the input tags that is not a rule. The line can be a
// reference to one of the images, such as ghcr.io/acme/web:1.2 in the output
// "tags" of docker/metadata-action. In this case, Literal returns the tag of
// the reference, and ok is true. For a name without a registry, ok is false.
// For another reference, Literal returns a *diag.Error.
func Literal(text string, images []string) (tag string, ok bool, err error) {
	if !strings.ContainsAny(text, "/:@") || strings.Contains(text, "{{") {
		return "", false, nil
	}
	if strings.Contains(text, "@") {
		return "", false, diag.Inputf("tags", CodeTagDigest, "Remove the digest. The tag points at the published digest.",
			"%q has a digest, but a tag is a name without a digest", text)
	}
	colon := strings.LastIndexByte(text, ':')
	if colon <= strings.LastIndexByte(text, '/') {
		return "", false, diag.Inputf("tags", CodeTagForeign, "Write only the tag, as in 1.2, or a full reference with its tag, as in ghcr.io/owner/name:1.2.",
			"%q is neither a tag nor a reference with a tag", text)
	}
	repository, tag := strings.ToLower(text[:colon]), text[colon+1:]
	if !slices.Contains(images, repository) {
		return "", false, diag.Inputf("tags", CodeTagForeign, "Add "+repository+" to the input image, or remove the line.",
			"%q is in the repository %s, but the step publishes to %s", text, repository, strings.Join(images, ", "))
	}
	return tag, true, nil
}

// literal returns the outcome of a raw rule that is a full reference. For
// another rule, the second result is false.
func (e *engine) literal(r rule) (outcome, bool, error) {
	if len(r.attrs) > 2 || r.text != r.attrs["value"] {
		return outcome{}, false, nil
	}
	tag, ok, err := Literal(r.text, e.result.Images)
	_, full := parseSemver(tag)
	return outcome{value: tag, moving: !full, series: fullVersion}, ok, err
}

// splitReferences splits a line of references into one item per reference. The
// input sep-tags of docker/metadata-action can join references with commas.
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
