package image

import (
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/safe/lazy"
)

// technical matches the fallback tag of the referrers API (distribution-spec, "Referrers
// tag schema") and the tags of cosign.
var technical = lazy.Regexp(`^sha256-([0-9a-f]{64})(\.[A-Za-z0-9]+)?$`)

// TechnicalSubject returns the digest to which a technical tag refers, or "" for any other
// tag. Clients store the list of referrers, signatures and attestations of an image under
// technical tags.
func TechnicalSubject(tag string) string {
	if !strings.HasPrefix(tag, "sha256-") {
		return ""
	}
	if found := technical().FindStringSubmatch(tag); found != nil {
		return "sha256:" + found[1]
	}
	return ""
}
