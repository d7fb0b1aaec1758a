package meta

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
)

// Literal parses a line of the input "tags" that is not a rule. For a reference to one of
// the images, such as ghcr.io/acme/web:1.2, Literal returns the tag, and ok is true. The
// output "tags" of docker/metadata-action contains such references. For a line without a
// registry, ok is false. For a reference to another image, Literal returns a *diag.Error.
func Literal(text string, images []string) (tag string, ok bool, err error) {
	if !strings.ContainsAny(text, "/:@") || strings.Contains(text, "{{") {
		return "", false, nil
	}
	colon, slash := strings.LastIndexByte(text, ':'), strings.LastIndexByte(text, '/')
	switch {
	case strings.HasPrefix(text, "refs/"):
		return "", false, refError(text)
	case strings.HasPrefix(text, "sha256:"):
		return "", false, diag.Inputf("tags", CodeTagDigest, "Write a tag, as in 1.2. The run points the tag at the published digest.", "%q is a digest, not a tag", text)
	case strings.Contains(text, "@sha"):
		return "", false, diag.Inputf("tags", CodeTagDigest, "Remove the digest. The run points the tag at the published digest.",
			"%q has a digest, but a tag is a name without a digest", text)
	case strings.Contains(text, "://"):
		return "", false, diag.Inputf("tags", CodeTagForeign, fmt.Sprintf("Write only the tag, as in 1.2, or a full reference with its tag, as in %s:1.2.", example(images)), "%q is a URL, not a tag", text)
	case slash < 0 && colon < 0:
		return "", false, nil // The line contains "@". The function checkCharacters returns the error.
	case colon <= slash:
		return "", false, slashError(text, images)
	}
	repository, tag := strings.ToLower(text[:colon]), text[colon+1:]
	switch {
	case tag == "" || !strings.Contains(repository, "/") && !slices.Contains(images, repository):
		return "", false, colonError(text, images)
	case !slices.Contains(images, repository):
		return "", false, foreignError(text, repository, tag, images)
	}
	return tag, true, nil
}

// literal returns the outcome of a raw rule that is a full reference. For all
// other rules, the second result is false.
func (e *engine) literal(r rule) (outcome, bool, error) {
	if len(r.attrs) > 2 || r.text != r.attrs["value"] {
		return outcome{}, false, nil
	}
	tag, ok, err := Literal(r.text, e.result.Images)
	if err != nil {
		return outcome{}, false, err
	}
	name := r.text
	if ok {
		name = tag
	}
	_, full := parseSemver(tag)
	return outcome{value: tag, moving: !full, series: fullVersion}, ok, checkCharacters(name)
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
