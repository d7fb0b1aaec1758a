package input

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/diag/missing"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/lazy"
	"github.com/ghcr-publish/ghcr-publish/internal/source/detect"
)

// referencePrefix is the prefix of a reference in an input that also accepts paths.
const referencePrefix = "docker://"

// registryInputs reads the inputs of commands that read from a registry and do not
// publish.
func (r *reader) registryInputs(c *Common, env Environment) {
	r.base(c, env)
	c.Home, c.Registry = c.GitHub.Registry(), r.registry(c.GitHub)
	r.token(c, env)
	r.credentials(c)
}

// reference parses NAME, NAME:TAG or NAME@DIGEST. reference returns nil after an error.
// reference changes the name to lower case, and leaves the tag unchanged.
func (r *reader) reference(input, text string, c *Common) name.Reference {
	text = strings.TrimPrefix(text, referencePrefix)
	if hint := c.otherForm(text); hint != "" {
		r.fail(input, CodeReferenceInvalid, hint, "The input %s is %q, which is not an image reference", input, text)
		return nil
	}
	ref, err := name.ParseReference(lowerName(text), name.WithDefaultRegistry(c.Registry))
	if err != nil || strings.HasPrefix(text, ".") { // the library parses a path such as ./image as a reference
		r.fail(input, CodeReferenceInvalid, "Write ghcr.io/OWNER/NAME:TAG or ghcr.io/OWNER/NAME@sha256:…. Without a tag, the reference means the tag latest.", "The input %s is %q, which is not an image reference", input, text)
		return nil
	}
	if reason := checkTag(ref); reason != "" {
		r.fail(input, CodeReferenceInvalid, reason, "The input %s is %q, which is not an image reference", input, text)
		return nil
	}
	if fault := c.CheckName(ref.Context().Name()); fault != nil && (!c.AtHome(ref.Context()) || strings.Contains(ref.Context().RepositoryStr(), "/")) {
		r.fail(input, CodeReferenceInvalid, fault.Cure, "The input %s is %q, which %s", input, text, fault.Is)
		return nil
	}
	if repo := ref.Context(); c.AtHome(repo) && !strings.Contains(repo.RepositoryStr(), "/") {
		if detect.IsArchive(text) {
			r.fail(input, diag.CodeSourceNotFound, missing.Hint(text), "The file %q in the input %s does not exist", text, input)
			return nil
		}
		if example := c.tagExample(text); example != "" {
			r.fail(input, CodeReferenceInvalid, "Write the complete reference, for example "+example+".", "The input %s is %q, which looks like a tag and not like the name of an image", input, text)
			return nil
		}
		r.fail(input, CodeImageWithoutOwner, "Write "+repo.RegistryStr()+"/OWNER/"+repo.RepositoryStr()+c.ownerExample(repo.RepositoryStr())+".", "The input %s is %q, which contains no owner", input, text)
		return nil
	}
	return ref
}

// tagWord matches a text that is more often a tag than the name of an image.
var tagWord = lazy.Regexp(`^(?:v?[0-9][0-9A-Za-z.-]*|latest|main|master|edge|nightly|stable|pr-[0-9]+|sha-[0-9a-f]+)$`)

// tagExample returns the reference of the workflow's repository with a tag. If the text
// does not look like a tag, tagExample returns "".
func (c *Common) tagExample(text string) string {
	if !tagWord().MatchString(text) {
		return ""
	}
	return c.Registry + "/" + cmp.Or(strings.ToLower(c.GitHub.Repository), "OWNER/NAME") + ":" + text
}

// lowerName changes the name in a reference to lower case. The tag does not change.
func lowerName(text string) string {
	end := len(text)
	if tag := tagOf(text); tag != "" {
		end -= len(tag) + 1
	}
	if at := strings.IndexByte(text, '@'); at >= 0 {
		end = at
	}
	return strings.ToLower(text[:end]) + text[end:]
}

// otherForm returns the cure for several references in one value, or for an address
// instead of a reference. For every other text, otherForm returns "".
func (c *Common) otherForm(text string) string {
	parts := strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || r == ',' || r == ';' })
	if len(parts) > 1 && !slices.ContainsFunc(parts, func(part string) bool { return !strings.Contains(part, "/") }) {
		return "Write one reference: " + parts[0] + ". Run the command " + string(c.Command) + " separately for each image."
	}
	scheme, rest, ok := strings.Cut(text, "://")
	if !ok {
		return ""
	}
	if path, ok := c.checkoutPath(text); ok && !strings.HasPrefix(rest, c.Registry+"/") {
		return "Write the reference of the image, for example " + c.Registry + "/" + packageOf(path) + ":TAG, because an address of a web page is not a reference."
	}
	return "Write " + rest + " without " + scheme + "://."
}

// packageOf returns OWNER/NAME for the path of a web page of GitHub: OWNER/REPOSITORY,
// OWNER/REPOSITORY/pkgs/container/NAME or orgs/OWNER/packages/container/package/NAME.
func packageOf(path string) string {
	path = strings.TrimPrefix(strings.TrimPrefix(path, "orgs/"), "users/")
	before, pkg, ok := strings.Cut(path, "/container/")
	owner, _, _ := strings.Cut(before, "/")
	if !ok {
		return path
	}
	pkg, _, _ = strings.Cut(strings.TrimPrefix(pkg, "package/"), "/")
	return owner + "/" + strings.ReplaceAll(pkg, "%2f", "/")
}
