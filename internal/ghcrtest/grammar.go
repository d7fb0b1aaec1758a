package ghcrtest

import (
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/safe/lazy"
)

// The grammars of names, tags and digests are from distribution-spec, "Pulling
// manifests". ghcr.io also requires an owner: a name has at least two segments
// (docs/ghcr.md, Refused: name).
var (
	nameGrammar   = lazy.Regexp(`^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)+$`)
	tagGrammar    = lazy.Regexp(`^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$`)
	digestGrammar = lazy.Regexp(`^sha256:[a-f0-9]{64}$`)
)

// maxName is the maximum length of a repository name, in bytes.
const maxName = 255

func validName(name string) bool {
	return len(name) <= maxName && nameGrammar().MatchString(name)
}

func validTag(tag string) bool { return tagGrammar().MatchString(tag) }

func validDigest(digest string) bool { return digestGrammar().MatchString(digest) }

// isDigest reports whether a reference is a digest. A tag cannot contain a colon.
func isDigest(reference string) bool { return strings.Contains(reference, ":") }
