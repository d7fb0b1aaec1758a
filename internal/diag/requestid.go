package diag

import (
	"github.com/ghcr-publish/ghcr-publish/internal/safe/lazy"
)

// requestID matches the request ids of GitHub: groups of hexadecimal digits with colons
// between them, such as C402:1A2B:3C4D5E. Hyphens are allowed for other registries.
var requestID = lazy.Regexp(`^[0-9A-Fa-f]+(?:[:-][0-9A-Fa-f]+)*$`)

// RequestID returns the value of the header X-GitHub-Request-Id, or "" if the value does
// not have the form of a request id. A server could otherwise write any text into the log
// and the trace, for example the credentials that it received.
func RequestID(header string) string {
	if len(header) > 128 || !requestID().MatchString(header) {
		return ""
	}
	return header
}
