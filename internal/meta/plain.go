package meta

import (
	"fmt"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
)

// tagRule describes the grammar of tags (tagGrammar) for messages.
const tagRule = "A tag can contain only the letters A-Z and a-z, digits, dots, - and _."

// respelled contains the characters that a version can contain, but a tag cannot. Every
// tool replaces these characters by a dash in a tag.
const respelled = "+~"

// checkCharacters returns an error for a tag with a character that a tag cannot
// contain. checkCharacters accepts texts with expressions, and characters that
// the program replaces by a dash with a notice.
func checkCharacters(tag string) error {
	if strings.Contains(tag, "{{") {
		return nil
	}
	at := strings.IndexFunc(tag, func(r rune) bool {
		return !strings.ContainsRune(respelled, r) && (r > unicode.MaxASCII || invalidRun().MatchString(string(r)))
	})
	if at < 0 {
		return nil
	}
	bad := []rune(tag[at:])[0]
	switch {
	case unicode.IsSpace(bad):
		return diag.Inputf("tags", CodeTagInvalid, "Write one tag per line, or separate tags by commas.", "the tag %s contains a blank", inQuotes(tag))
	case strings.ContainsRune(";|&", bad):
		return diag.Inputf("tags", CodeTagInvalid, "Write one tag per line, or separate tags by commas.", "the tag %s contains %q, which does not separate tags", inQuotes(tag), string(bad))
	}
	return diag.Inputf("tags", CodeTagInvalid, tagRule+suggestion(tag), "the tag %s contains %s", inQuotes(tag), inQuotes(string(bad)))
}

// suggestion returns a sentence that proposes a valid tag. The function "suggestion"
// returns "" if no valid tag resembles the text.
func suggestion(text string) string {
	if tag := asTag(text); tag != "" {
		return fmt.Sprintf(" Write %s.", tag)
	}
	return ""
}

// asTag returns a valid tag that resembles the text, or "" if this is not
// possible. asTag removes accents, and replaces other invalid characters by
// dashes.
func asTag(text string) string {
	base := strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFD.String(text))
	tag := strings.Trim(sanitize(base), "-.")
	if !ValidTag(tag) {
		return ""
	}
	return tag
}

// refError returns the error for a line that is a Git ref, such as
// refs/heads/main.
func refError(ref string) error {
	hint := "Write only the name, as in 1.2."
	for prefix, event := range map[string]string{"refs/heads/": "branch", "refs/tags/": "tag", "refs/pull/": "pr"} {
		name, ok := strings.CutPrefix(ref, prefix)
		if !ok {
			continue
		}
		if event == "pr" {
			name = "pr-" + strings.TrimSuffix(name, "/merge")
		}
		hint = fmt.Sprintf("Remove the input tags, or write type=ref,event=%s, which gives the tag %s for this ref.", event, sanitize(name))
	}
	return diag.Inputf("tags", CodeTagInvalid, hint, "%q is a Git ref, not a tag", ref)
}

// slashError returns the error for a line that contains a slash, but is not a
// reference with a tag.
func slashError(text string, images []string) error {
	first, _, _ := strings.Cut(text, "/")
	lower := strings.ToLower(text)
	for _, image := range images {
		if lower == image || strings.HasSuffix(image, "/"+lower) || isHost(first) {
			return diag.Inputf("tags", CodeTagForeign, fmt.Sprintf("Write only the tag, as in 1.2, or add the tag to the image, as in %s:1.2.", image), "%q is an image without a tag", text)
		}
	}
	hint := tagRule
	if tag := asTag(text); tag != "" {
		hint = fmt.Sprintf("A tag cannot contain \"/\". Write %s, or type=ref,event=branch, which replaces each / in the name of the branch by a dash.", tag)
	}
	return diag.Inputf("tags", CodeTagInvalid, hint, "the tag %q contains \"/\"", text)
}

// isHost reports whether the first part of a name is the host of a registry. The
// host of a registry has a port, or ends with a dot and letters.
func isHost(part string) bool {
	dot := strings.LastIndexByte(part, '.')
	return strings.Contains(part, ":") || dot > 0 && dot < len(part)-1 && strings.IndexFunc(part[dot+1:], func(r rune) bool { return !unicode.IsLetter(r) }) < 0
}

// colonError returns the error for a line that contains a colon, but is not a
// full reference.
func colonError(text string, images []string) error {
	hint := tagRule
	if tag := strings.Trim(text, ":"); ValidTag(tag) {
		hint = fmt.Sprintf("A tag cannot contain \":\". Write %s.", tag)
	} else if _, tag, _ := strings.Cut(text, ":"); ValidTag(tag) {
		hint = fmt.Sprintf("A tag cannot contain \":\". Write only the tag, as in %s, or the full reference, as in %s:%s.", tag, example(images), tag)
	}
	return diag.Inputf("tags", CodeTagInvalid, hint, "the tag %q contains \":\"", text)
}

// foreignError returns the error for a reference to a repository that is not a
// destination of the run.
func foreignError(text, repository, tag string, images []string) error {
	hint := fmt.Sprintf("Add %s to the input image, or remove the line.", repository)
	for _, image := range images {
		if strings.HasSuffix(image, "/"+repository) {
			hint = fmt.Sprintf("Write the full reference %s:%s, or only the tag %s.", image, tag, tag)
		}
	}
	return diag.Inputf("tags", CodeTagForeign, hint, "%q is in the repository %s, but the step publishes to %s", text, repository, strings.Join(images, ", "))
}

// example returns an image for the examples in messages.
func example(images []string) string {
	if len(images) > 0 {
		return images[0]
	}
	return "ghcr.io/owner/name"
}
