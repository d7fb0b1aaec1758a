package retry

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// Reaction is the reaction of the client to a failed attempt.
type Reaction int

// The reactions.
const (
	// Final ends the request. The server's answer explains the failure.
	Final Reaction = iota
	// FinalWithCause ends the request. The error states a cause that the
	// server's answer does not contain.
	FinalWithCause
	// Again repeats the request.
	Again
	// AgainFromStart repeats the request. An upload opens a new session, and
	// sends the whole blob again.
	AgainFromStart
)

// Pause is the kind of wait before the next attempt.
type Pause int

// Before the next attempt, the client waits in one of these ways.
const (
	ByBackoff Pause = iota // The client waits for the backoff, or for the wait that the server requested if that wait is longer.
	NoPause                // none
	Throttled              // All requests to the host wait at least one second.
	Minutes                // All requests to the host wait several minutes.
)

// Row is one row of the table. A field with the zero value matches every
// failure.
type Row struct {
	// Name describes the row.
	Name string

	Request    Request
	Transports []Transport
	Status     int // exact status
	Least      int // lowest status
	Most       int // highest status
	Page       bool
	Codes      []string // The row matches if the body contains one of these error codes.
	NoCode     bool     // The row matches only if the body contains no error code.
	Messages   []string // The row matches if the message contains one of these texts. The texts are in lower case.
	OtherHost  bool
	OldToken   time.Duration // The row matches only if the token is older than OldToken.
	Contrary   bool          // The row matches only if the registry has accepted another write to the repository.

	Reaction Reaction
	Pause    Pause
	Attempts int  // Attempts limits the attempts that fail with an error of this row. If zero, only the limit of the request applies.
	NewToken bool // NewToken is true if the client repeats the request with another token. The row does not match a request that the client has already repeated with another token.
	HTTP1    bool // HTTP1 is true if the next attempt must use HTTP/1.1.
}

// freshToken is the minimum age of a token that the client replaces after status
// 403.
const freshToken = 30 * time.Second

// silentAttempts limits the attempts that end without an answer, because each
// such attempt takes a long time.
const silentAttempts = 3

// malformedAttempts limits the attempts that end with a response that is not
// HTTP.
const malformedAttempts = 6

// session lists the error codes that a registry sends for an upload session that the
// registry no longer knows.
var session = []string{"BLOB_UPLOAD_UNKNOWN", "BLOB_UPLOAD_INVALID", "BLOB_UNKNOWN"}

// plainHTTP lists the texts with which nginx, Go and Apache answer a request
// without TLS.
var plainHTTP = []string{"http request was sent to https", "http request to an https server", "plain http to an ssl"}

// Table contains the reaction to every failed attempt. Decide uses the first row
// that matches.
var Table = []Row{
	// The following rows match errors without a response.
	{
		// The user cancelled the run, or the timeout of the run leaves no time
		// for the wait.
		Name: "the run ends", Transports: []Transport{Cancelled, OutOfTime}, Reaction: Final,
	},
	{
		// The token exchange has its own retry budget. The error of the token exchange is
		// the result of all its attempts.
		Name: "authentication failed", Transports: []Transport{Handshake}, Reaction: Final,
	},
	{
		// Another attempt would read the same source. An error of a body that
		// the transport closed after a reset is not a failure of the source.
		Name: "source failed", Transports: []Transport{SourceFailed}, Reaction: FinalWithCause,
	},
	{
		// Another attempt would get the same certificate.
		Name: "certificate not trusted", Transports: []Transport{Untrusted}, Reaction: FinalWithCause,
	},
	{
		// The header Location has a wrong scheme, or redirects form a loop
		// (docs/how-it-works.md, Redirects).
		Name: "unusable location", Transports: []Transport{UnusableLocation}, Reaction: FinalWithCause,
	},
	{
		// A server that does not use TLS would not use TLS in the next attempt either.
		Name: "no TLS", Transports: []Transport{WrongScheme}, Reaction: FinalWithCause,
	},
	{
		// The reason for the number of attempts is in docs/how-it-works.md, Waiting for
		// an answer.
		Name: "silent or slow", Transports: []Transport{Silent, Slow}, Reaction: AgainFromStart, Attempts: silentAttempts,
	},
	{
		// A malformed response can be the rest of an earlier response on the
		// connection, or can lack a part, such as the header Location of a
		// redirect. The number of attempts is limited, because some servers
		// always send malformed responses.
		Name: "malformed response", Transports: []Transport{Malformed}, Reaction: AgainFromStart, Attempts: malformedAttempts,
	},
	{
		// The server requires HTTP/1.1 for this request (RFC 9113 §7).
		Name: "HTTP/1.1 required", Transports: []Transport{HTTP1Required}, Reaction: AgainFromStart, Pause: NoPause, HTTP1: true,
	},
	{
		// The server reports that the client generates excessive load (RFC 9113
		// §7).
		Name: "HTTP/2 too busy", Transports: []Transport{TooBusy}, Reaction: AgainFromStart, Pause: Throttled, HTTP1: true,
	},
	{
		// An HTTP/2 stream can end before the server has read the body, and a
		// connection can end with all its streams. With HTTP/1.1, each request
		// has a separate connection.
		Name: "HTTP/2 stream or connection ended", Transports: []Transport{StreamReset, GoAway}, Reaction: AgainFromStart, HTTP1: true,
	},
	{
		// This row matches, for example, a reset connection, a connection that ended
		// early, and an error of DNS.
		Name: "connection failed", Transports: []Transport{Disconnected}, Reaction: AgainFromStart,
	},

	// Responses.
	{
		// A new token cannot help, because only the registry's host receives the
		// token. In the next attempt, the registry can redirect the request to
		// another signed URL.
		Name: "another host requires a login", Status: http.StatusUnauthorized, OtherHost: true, Reaction: AgainFromStart, Pause: NoPause, Attempts: 2,
	},
	{
		// The answer is described in docs/ghcr.md, Refused: unknown token.
		Name: "token refused", Status: http.StatusUnauthorized, Reaction: Again, Pause: NoPause, NewToken: true,
	},
	{
		// The row "contrary refusal" contains the reason.
		Name: "contrary refusal of a token", Status: http.StatusUnauthorized, Contrary: true, Reaction: AgainFromStart, Attempts: 3,
	},
	{
		// The answer is described in docs/ghcr.md, Refused: secondary rate
		// limit.
		Name: "secondary rate limit", Status: http.StatusForbidden, Messages: []string{"secondary rate limit"}, Reaction: AgainFromStart, Pause: Minutes,
	},
	{
		// For example, a storage host sends this status if a signed URL is not valid.
		Name: "another host forbids", Status: http.StatusForbidden, OtherHost: true, Reaction: FinalWithCause,
	},
	{
		// A proxy or a firewall sends a web page, but a registry sends JSON.
		Name: "page that forbids", Status: http.StatusForbidden, Page: true, Reaction: FinalWithCause,
	},
	{
		// A registry can refuse an expired token without a challenge.
		Name: "old token forbidden", Status: http.StatusForbidden, OldToken: freshToken, Reaction: Again, Pause: NoPause, NewToken: true,
	},
	{
		// The registry has accepted another write of the run to the repository, so the
		// token has the permission (docs/ghcr.md, Refused: passing). The number of
		// attempts is limited, because a registry can also forbid one write, for example
		// to an existing tag.
		Name: "contrary refusal", Status: http.StatusForbidden, Contrary: true, Reaction: AgainFromStart, Attempts: 3,
	},
	{
		// The answer is described in docs/ghcr.md, Refused: too many requests.
		Name: "too many requests", Status: http.StatusTooManyRequests, Reaction: AgainFromStart, Pause: Throttled,
	},
	{
		// The next attempt would send a body of the same size.
		Name: "too large", Status: http.StatusRequestEntityTooLarge, Reaction: FinalWithCause,
	},
	{
		// The answer is described in docs/ghcr.md, Refused: upload session. Only
		// with status 404, these error codes mean that the registry no longer
		// knows the session. With the statuses 400 and 416, the same codes
		// describe a fault of the request.
		Name: "session lost", Request: Upload, Status: http.StatusNotFound, Codes: session, Reaction: AgainFromStart,
	},
	{
		// A front end or another replica of the registry does not know the
		// session, and sends no error code.
		Name: "session not found", Request: Upload, Status: http.StatusNotFound, NoCode: true, Reaction: AgainFromStart,
	},
	{
		// A web server sends this answer if a request without TLS arrives at its
		// port for HTTPS.
		Name: "HTTP to HTTPS port", Status: http.StatusBadRequest, Messages: plainHTTP, Reaction: FinalWithCause,
	},
	{
		// GitHub's front end sends a web page with status 400 during an upload
		// (docs/ghcr.md, Refusals). A registry that refuses the request sends
		// JSON.
		Name: "page of a front end", Status: http.StatusBadRequest, Page: true, Reaction: AgainFromStart,
	},
	{
		// A registry that refuses an upload names the reason with an error code. An answer
		// without an error code can come from a front end. The number of attempts is
		// limited, because each attempt sends the blob again.
		Name: "upload refused without a reason", Request: Upload, Status: http.StatusBadRequest, NoCode: true, Reaction: AgainFromStart, Attempts: 3,
	},
	{
		// A front end that does not know the registry sends a web page. For a read, the
		// page usually means that the host is not a registry.
		Name: "page for a write", Request: Write, Status: http.StatusNotFound, Page: true, Reaction: Again, Attempts: 3,
	},
	{
		// 408 Request Timeout.
		Name: "request timeout", Status: http.StatusRequestTimeout, Reaction: AgainFromStart,
	},
	{
		// The status is 421 Misdirected Request. A new connection can reach the
		// right server (RFC 9110 §15.5.20).
		Name: "misdirected", Status: http.StatusMisdirectedRequest, Reaction: AgainFromStart, HTTP1: true,
	},
	{
		// The status is 425 Too Early (RFC 8470).
		Name: "too early", Status: http.StatusTooEarly, Reaction: AgainFromStart,
	},
	{
		// A front end with nginx sends status 499 (Client Closed Request) after the loss
		// of a connection.
		Name: "client closed request", Status: 499, Reaction: AgainFromStart,
	},
	{
		// The statuses 501 and 505 describe a fault of the request, so another attempt
		// would have the same result.
		Name: "not implemented", Status: http.StatusNotImplemented, Reaction: Final,
	},
	{
		Name: "HTTP version", Status: http.StatusHTTPVersionNotSupported, Reaction: Final,
	},
	{
		// Status 511 means that the user must first log in to the network (RFC
		// 6585 §6).
		Name: "network login", Status: http.StatusNetworkAuthenticationRequired, Reaction: FinalWithCause,
	},
	{
		// The server, its gateway (502 to 504) or its proxy Cloudflare (520 to
		// 530) failed (docs/ghcr.md, Refusals).
		Name: "server failed", Least: http.StatusInternalServerError, Reaction: AgainFromStart,
	},
	{
		// The status means success, but the client does not expect this status
		// or a web page. The response comes from a login page of a network, or
		// from a server that is not a registry.
		Name: "unexpected success", Least: 1, Most: 399, Reaction: FinalWithCause,
	},
	{
		// Every other status describes a fault of the request. The other statuses are,
		// for example, 400 with JSON, 403, 404, 405, 409 and 416.
		Name: "refused", Reaction: Final,
	},
}

// Decide returns the first row of Table that matches a failure.
func Decide(f Failure) Row {
	for _, row := range Table {
		if row.matches(f) {
			return row
		}
	}
	return Table[len(Table)-1]
}

func (r Row) matches(f Failure) bool {
	if len(r.Transports) > 0 {
		return slices.Contains(r.Transports, f.Transport)
	}
	return f.Transport == "" && r.matchesStatus(f.Status) && r.matchesBody(f) &&
		(r.Request == "" || r.Request == f.Request) &&
		(!r.OtherHost || f.OtherHost) && (r.OldToken == 0 || f.TokenAge > r.OldToken) &&
		(!r.NewToken || !f.TokenReplaced) && (!r.Contrary || (f.WriteAccepted && f.Request != ""))
}

func (r Row) matchesStatus(status int) bool {
	return (r.Status == 0 || r.Status == status) && status >= r.Least && (r.Most == 0 || status <= r.Most)
}

func (r Row) matchesBody(f Failure) bool {
	known := func(code string) bool { return slices.Contains(f.Codes, code) }
	message := strings.ToLower(f.Message)
	contained := func(text string) bool { return strings.Contains(message, text) }
	return (!r.Page || IsPage(f.MediaType)) &&
		(len(r.Codes) == 0 || slices.ContainsFunc(r.Codes, known)) &&
		(!r.NoCode || len(f.Codes) == 0) &&
		(len(r.Messages) == 0 || slices.ContainsFunc(r.Messages, contained))
}
