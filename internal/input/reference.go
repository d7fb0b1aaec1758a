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
	ref, fault := c.parseReference(text)
	switch {
	case fault == nil:
	case c.lacksOwner(ref) && detect.IsArchive(text):
		r.fail(input, diag.CodeSourceNotFound, missing.Hint(text), "The file %q in the input %s does not exist", text, input)
		return nil
	case c.lacksOwner(ref) && tagWord().MatchString(text):
		example := c.Registry + "/" + cmp.Or(strings.ToLower(c.GitHub.Repository), "OWNER/NAME") + ":" + text
		r.fail(input, CodeReferenceInvalid, "Write the complete reference, for example "+example+".", "The input %s is %q, which looks like a tag and not like the name of an image", input, text)
		return nil
	case c.lacksOwner(ref):
		r.fail(input, CodeImageWithoutOwner, fault.Cure, "The input %s is %q, which %s", input, text, fault.Is)
		return nil
	default:
		r.fail(input, CodeReferenceInvalid, fault.Cure, "The input %s is %q, which %s", input, text, fault.Is)
		return nil
	}
	return ref
}

// tagWord matches a text that is more often a tag than the name of an image.
var tagWord = lazy.Regexp(`^(?:v?[0-9][0-9A-Za-z.-]*|latest|main|master|edge|nightly|stable|pr-[0-9]+|sha-[0-9a-f]+)$`)

// hubReference is like [reader.reference], but a name without a host means an image on
// Docker Hub, as in a Dockerfile.
func (r *reader) hubReference(input, text string, c *Common) name.Reference {
	hub := *c
	hub.Registry = name.DefaultRegistry
	text = strings.TrimPrefix(text, referencePrefix)
	if host := hostOnly(text); host != "" {
		r.fail(input, CodeReferenceInvalid, "Write "+host+"/NAME:TAG.", "The input %s is the host %q, without the name of an image", input, text)
		return nil
	}
	return r.reference(input, text, &hub)
}

// hostOnly returns the host in a reference that has only a host. No name of Docker Hub
// without a slash has a dot.
func hostOnly(text string) string {
	host, _, _ := strings.Cut(text, "@")
	before, port, _ := strings.Cut(host, ":")
	if strings.Contains(host, "/") || before != "localhost" && !strings.Contains(strings.Trim(before, "."), ".") {
		return ""
	}
	if port != "" && strings.Trim(port, "0123456789") == "" {
		return host
	}
	return before
}

// parseReference parses NAME, NAME:TAG or NAME@DIGEST. All inputs that contain a
// reference use this function. The rules for the name are the rules of
// [Common.CheckName]. With a fault, the returned reference is nil, or has no owner.
func (c *Common) parseReference(text string) (name.Reference, *NameFault) {
	lower := lowerName(text)
	ref, err := name.ParseReference(lower, name.WithDefaultRegistry(c.Registry))
	if err != nil || strings.HasPrefix(text, ".") { // the library parses a path such as ./image as a reference
		if hint := missing.Unexpanded(text); hint != "" {
			return nil, &NameFault{"is not an image reference", hint}
		}
		if fault := c.CheckName(nameIn(lower)); fault != nil && !strings.HasPrefix(text, ".") {
			return nil, fault
		}
		return nil, &NameFault{"is not an image reference", "Write ghcr.io/OWNER/NAME:TAG or ghcr.io/OWNER/NAME@sha256:…. Without a tag, the reference means the tag latest."}
	}
	if reason := checkTag(ref); reason != "" {
		return nil, &NameFault{"is not an image reference", reason}
	}
	if fault := c.CheckName(nameIn(lower)); fault != nil {
		return nil, fault
	}
	if c.lacksOwner(ref) {
		repo := ref.Context()
		return ref, &NameFault{"contains no owner", "Write " + repo.RegistryStr() + "/OWNER/" + repo.RepositoryStr() + c.ownerExample(repo.RepositoryStr()) + "."}
	}
	return ref, nil
}

// lacksOwner reports whether a reference to an image on GitHub's registry has no owner.
func (c *Common) lacksOwner(ref name.Reference) bool {
	return ref != nil && c.AtHome(ref.Context()) && !strings.Contains(ref.Context().RepositoryStr(), "/")
}

// CheckLocalName checks the name and the tag of an image in a store of this machine, or
// in an archive. A name without a host means an image on Docker Hub. CheckLocalName
// returns nil for a valid name.
func CheckLocalName(text string) *NameFault {
	c := &Common{Home: (GitHub{}).Registry(), Registry: name.DefaultRegistry}
	_, fault := c.parseReference(text)
	switch {
	case strings.Contains(text, "@"):
		return &NameFault{"contains a digest", "Write a name and a tag, because the pulled image determines the digest."}
	case text != lowerName(text):
		return &NameFault{"is not in lower case", "Write " + lowerName(text) + "."}
	case hostOnly(text) != "":
		return &NameFault{"is a host without the name of an image", "Write " + hostOnly(text) + "/NAME:TAG."}
	}
	return fault
}

// lowerName changes the name in a reference to lower case. The tag does not change.
func lowerName(text string) string {
	end := len(nameIn(text))
	return strings.ToLower(text[:end]) + text[end:]
}

// nameIn returns the part of a reference before its tag and its digest.
func nameIn(text string) string {
	before, _, _ := strings.Cut(text, "@")
	last := strings.LastIndexByte(before, '/') + 1
	if colon := strings.IndexByte(before[last:], ':'); colon >= 0 && last+colon+1 < len(before) {
		before = before[:last+colon]
	}
	return before
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
