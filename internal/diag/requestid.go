package diag

import (
	"github.com/ghcr-publish/ghcr-publish/internal/safe/lazy"
)

// requestID matches the request ids of GitHub. Such an id consists of
// hexadecimal groups with colons between them, for example C402:1A2B:3C4D5E.
// The pattern also allows hyphens, because the ids of other registries can contain
// hyphens.
var requestID = lazy.Regexp(`^[0-9A-Fa-f]+(?:[:-][0-9A-Fa-f]+)*$`)

// RequestID returns the value of the header X-GitHub-Request-Id, or "" if the
// value does not have the form of a request id. Without this check, a server
// could write any text into the log, for example the credentials of the
// request.
func RequestID(header string) string {
	if len(header) > 128 || !requestID().MatchString(header) {
		return ""
	}
	return header
}
