package input

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/ghcr-publish/ghcr-publish/internal/safe/lazy"
)

// repositoryPart matches one part of the path of a repository, and tagName matches a tag
// (distribution specification, "Pulling manifests"). The library that parses names checks
// only the characters.
var (
	repositoryPart = lazy.Regexp(`^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$`)
	tagName        = lazy.Regexp(`^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$`)
)

// hostName matches the host in a name with an optional port (distribution/reference,
// "domain").
var hostName = lazy.Regexp(`^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*|\[[0-9a-f:]+\])(?::[0-9]+)?$`)

// maxOwner is the maximum length of the name of an owner on GitHub, in bytes.
const maxOwner = 39

// NameFault explains why a text is not the name of a repository.
type NameFault struct {
	Is   string // the rest of a sentence that begins with the name
	Cure string // the correction of the name, in full sentences
}

// CheckName checks the name of a repository against the grammar of registries, and
// against GitHub's rules for owners if the name is on GitHub's registry. CheckName
// returns nil for a valid name. The letter case does not matter, because the program
// changes names to lower case. All commands check names with CheckName.
func (c *Common) CheckName(text string) *NameFault {
	host, path := splitHost(strings.ToLower(text))
	if host == "" && (path == c.Registry || path == c.Home || slices.Contains(KnownHosts, path)) && strings.ContainsAny(path, ".:") {
		return &NameFault{"contains no owner and no name", "Write " + path + "/OWNER/NAME" + c.homeExample(path) + "."}
	}
	if fault := hostFault(host, path); fault != nil {
		return fault
	}
	prefix := strings.TrimPrefix(host+"/", "/") // "" without a host
	if bad := badCharacter(path); bad != "" {
		return characterFault(prefix, path, bad)
	}
	parts := strings.Split(path, "/")
	if home := (host == "" && c.Registry == c.Home) || host == c.Home; home && len(parts) > 1 && parts[0] != "" && !validOwner(parts[0]) {
		return ownerFault(c.Home, parts[0])
	}
	for i, part := range parts {
		if part == "" {
			return emptyPart(prefix, parts)
		}
		if !repositoryPart().MatchString(part) {
			return partFault(prefix, parts, i)
		}
	}
	return nil
}

// hostFault explains a wrong host, and a colon between the host and the owner of a name, as in
// ghcr.io:acme/web.
func hostFault(host, path string) *NameFault {
	at := strings.LastIndexByte(host, ':')
	switch {
	case host == "" || hostName().MatchString(host):
		return nil
	case at < 0 || strings.Trim(host[at+1:], "0123456789]") == "":
		return &NameFault{fmt.Sprintf("has the host %q, which is not the name of a host", host), "Correct the host before the first slash, such as ghcr.io or localhost:5000."}
	}
	return &NameFault{"has a colon and not a slash after the host", "Write " + host[:at] + "/" + host[at+1:] + "/" + path + "."}
}

// partFault explains a part of a name with a separator in a wrong place.
func partFault(prefix string, parts []string, i int) *NameFault {
	is := fmt.Sprintf("contains the part %q, which registries do not accept", parts[i])
	cure := "In a name, each of the characters . _ - must be between letters or digits."
	if clean := cleanPart(parts[i]); clean != "" {
		parts[i] = clean
		cure += " Write " + prefix + strings.Join(parts, "/") + "."
	}
	return &NameFault{is, cure}
}

// homeExample returns the name of the workflow's repository as an example for a name on
// the given host.
func (c *Common) homeExample(host string) string {
	if c.GitHub.Repository == "" || host != c.Registry {
		return ""
	}
	return ", for example " + c.Registry + "/" + strings.ToLower(c.GitHub.Repository)
}

// splitHost splits a name at the first slash if the text before it is a host, as
// name.NewRepository does.
func splitHost(text string) (host, path string) {
	before, after, ok := strings.Cut(text, "/")
	if ok && (strings.ContainsAny(before, ".:") || before == "localhost") {
		return before, after
	}
	return "", text
}

func badCharacter(path string) string {
	at := strings.IndexFunc(path, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && !strings.ContainsRune("._-/", r)
	})
	if at < 0 {
		return ""
	}
	return string([]rune(path[at:])[0])
}

func characterFault(prefix, path, bad string) *NameFault {
	switch {
	case bad == ":" && strings.HasSuffix(path, ":"):
		return &NameFault{"ends with a colon", "Remove the colon. If a variable follows the colon, the value of the variable is empty. Write tags in the input tags."}
	case bad == ";" || bad == "|" || bad == ",":
		return &NameFault{"contains " + quote(bad), "For several images, write one name per line. Write tags in the input tags."}
	}
	clean := path
	if bad[0] < utf8.RuneSelf {
		clean = replaceInParts(path, bad)
	}
	cure := "A name can contain only the letters a-z, digits, and the characters . _ - between them."
	if badCharacter(clean) == "" && !slices.Contains(strings.Split(clean, "/"), "") {
		cure += " Write, for example, " + prefix + clean + "."
	}
	return &NameFault{"contains " + quote(bad), cure}
}

// replaceInParts replaces a character by a hyphen inside the parts of a path, and removes
// the character at the ends of a part, because a part cannot start or end with a hyphen.
func replaceInParts(path, bad string) string {
	parts := strings.Split(path, "/")
	for i, part := range parts {
		parts[i] = strings.ReplaceAll(strings.Trim(part, bad), bad, "-")
	}
	return strings.Join(parts, "/")
}

// emptyPart explains a path with two slashes in sequence, or with a slash at its start
// or its end.
func emptyPart(prefix string, parts []string) *NameFault {
	var rest []string
	for _, part := range parts {
		if part != "" {
			rest = append(rest, part)
		}
	}
	cure := "If the value contains an expression or a variable, check its name, because its value is empty."
	if len(rest) > 1 {
		cure += " Or write " + prefix + strings.Join(rest, "/") + "."
	} else {
		cure += " The form is " + prefix + "OWNER/NAME."
	}
	return &NameFault{"has no text before or after a slash", cure}
}

// validOwner reports whether the name of an owner can be a part of a name on GitHub's
// registry. The names of owners contain letters, digits and single hyphens. The names
// of managed users end with an underscore and a short code (docs/ghcr.md, Refused:
// name).
func validOwner(owner string) bool {
	return len(owner) <= maxOwner && !strings.Contains(owner, ".") && repositoryPart().MatchString(owner)
}

func ownerFault(home, owner string) *NameFault {
	cure := "Correct the owner in the name. The name of an owner contains only letters, digits, and single hyphens between letters and digits."
	if strings.HasSuffix(owner, "-") {
		cure = "Registries do not accept a name in which a hyphen is before a slash. Publish under another owner, for example an organization."
	}
	return &NameFault{fmt.Sprintf("has the owner %q, and %s does not accept names with this owner", owner, home), cure}
}

// cleanPart removes the separators that a registry does not accept from a part of a
// name.
func cleanPart(part string) string {
	part = strings.Trim(part, "._-")
	for _, long := range []string{"..", "._", "_.", ".-", "-.", "_-", "-_", "___"} {
		for strings.Contains(part, long) {
			part = strings.ReplaceAll(part, long, long[:1])
		}
	}
	if !repositoryPart().MatchString(part) {
		return ""
	}
	return part
}

// checkTag returns the reason why a registry does not accept a tag of a reference, or "".
func checkTag(ref name.Reference) string {
	tag, ok := ref.(name.Tag)
	if !ok || tagName().MatchString(tag.TagStr()) {
		return ""
	}
	return fmt.Sprintf("The tag %q is not valid. A tag has at most 128 letters, digits, dots, - and _, and begins with a letter, a digit or an underscore.", tag.TagStr())
}
