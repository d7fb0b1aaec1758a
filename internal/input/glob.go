package input

import (
	"regexp"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
)

// Glob is a pattern of packages in the input "image" of the command "cleanup", such as
// ghcr.io/acme/*.
type Glob struct {
	// Text is the pattern as the user wrote it.
	Text string
	// Owner is the owner of the packages, in lower case.
	Owner string

	registry string
	names    *regexp.Regexp
}

// Match returns the repository of a package if the pattern matches the name of the package.
// The name does not contain the owner.
func (g Glob) Match(pkg string) (name.Repository, bool) {
	if !g.names.MatchString(strings.ToLower(pkg)) {
		return name.Repository{}, false
	}
	repo, err := name.NewRepository(g.registry + "/" + g.Owner + "/" + strings.ToLower(pkg))
	return repo, err == nil
}

// isGlob reports whether a line of the input "image" is a pattern.
func isGlob(line string) bool { return strings.ContainsAny(line, "*?[") }

// glob parses a pattern of packages. The owner must be a name, because GitHub lists only
// the packages of one owner. An asterisk also matches slashes.
func (r *reader) glob(c *Common, line string) {
	host, path := splitHost(strings.ToLower(line))
	if host == "" {
		host = c.Registry
	}
	owner, pattern, ok := strings.Cut(path, "/")
	switch {
	case host != c.Home:
		r.fail("image", CodeGlobInvalid, "Write the name of each package, one per line.", "The input image %q is a pattern, but only GitHub can list packages", line)
	case !ok || !validOwner(owner) || pattern == "":
		r.fail("image", CodeGlobInvalid, "Write the owner as a name, and the pattern after it: "+c.Home+"/"+ownerOr(c, "OWNER")+"/*.", "The input image %q is a pattern without an owner", line)
	case strings.ContainsAny(pattern, "[]"):
		r.fail("image", CodeGlobInvalid, "Write only the characters * and ? in a pattern, for example "+c.Home+"/"+owner+"/web-*.", "The input image %q contains a bracket", line)
	default:
		expression := strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(regexp.QuoteMeta(pattern))
		r.globs = append(r.globs, Glob{Text: line, Owner: owner, registry: host, names: regexp.MustCompile("^" + expression + "$")})
	}
}

func ownerOr(c *Common, missing string) string {
	if c.GitHub.Owner == "" {
		return missing
	}
	return strings.ToLower(c.GitHub.Owner)
}

// globsOf parses the patterns in the lines of the input "image", and returns the other
// lines. Only the command "cleanup" accepts patterns.
func (r *reader) globsOf(c *Common, lines []string) []string {
	if r.command != Cleanup {
		return lines
	}
	var out []string
	for _, line := range lines {
		if isGlob(line) && !strings.Contains(line, "://") {
			r.glob(c, line)
		} else {
			out = append(out, line)
		}
	}
	return out
}

// onlyAtHome refuses the packages on other registries, because only GitHub's API deletes
// versions.
func (r *reader) onlyAtHome(c *Common) {
	for _, repo := range c.Images {
		if !c.AtHome(repo) {
			r.fail("image", CodeCleanupRegistry, "Write a package on "+c.Home+", for example "+c.Home+"/"+ownerOr(c, "acme")+"/web. For other registries, use the retention rules of the registry.", "The package %s is not on %s, so GitHub's API cannot delete its versions", repo, c.Home)
		}
	}
}
