package retry

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// Reaction is the reaction to a failed attempt.
type Reaction int

// The reactions.
const (
	// Final ends the request. The server's answer explains the failure.
	Final Reaction = iota
	// FinalWithCause ends the request. The error names a cause that the server's answer
	// does not contain.
	FinalWithCause
	// Again repeats the request.
	Again
	// AgainFromStart repeats the request. An upload opens another session, and sends
	// the blob from its start.
	AgainFromStart
)

// Pause is the kind of wait before the next attempt.
type Pause int

// The kinds of wait.
const (
	ByBackoff Pause = iota // the backoff, or the longer wait that the server requested
	NoPause                // none
	Throttled              // all requests to the host wait at least a second
	Minutes                // all requests to the host wait minutes
)

// Row is one row of the table. An empty field matches every failure.
type Row struct {
	// Name describes the row.
	Name string

	Request    Request
	Transports []Transport
	Status     int // exact status
	Least      int // lowest status
	Most       int // highest status
	Page       bool
	Codes      []string // one of these error codes
	NoCode     bool     // the body contains no error code
	Messages   []string // the message contains one of these texts, which are in lower case
	OtherHost  bool
	OldToken   time.Duration // the token is older

	Reaction Reaction
	Pause    Pause
	Attempts int  // maximum number of attempts that fail with an error of this row; 0 means the maximum of the request
	NewToken bool // once, with another token
	HTTP1    bool // the next attempt uses HTTP/1.1
}

// freshToken is the age below which a token cannot be the cause of a refusal.
const freshToken = 30 * time.Second

// silentAttempts limits the attempts that end without an answer, because each of
// them takes longer than all other attempts together.
const silentAttempts = 3

// malformedAttempts limits the attempts that get a response that is not HTTP.
const malformedAttempts = 6

// session lists the codes of an upload session that the registry lost.
var session = []string{"BLOB_UPLOAD_UNKNOWN", "BLOB_UPLOAD_INVALID", "BLOB_UNKNOWN"}

// plainHTTP lists texts of nginx, of Go and of Apache about a request without TLS.
var plainHTTP = []string{"http request was sent to https", "http request to an https server", "plain http to an ssl"}

// Table decides about every failed attempt. The first row that matches applies.
var Table = []Row{
	// Errors without a response.
	{
		// The run was cancelled, or its timeout leaves no time for the wait.
		Name: "the run ends", Transports: []Transport{Cancelled, OutOfTime}, Reaction: Final,
	},
	{
		// The token exchange has its own attempts, and its error contains their result.
		Name: "authentication failed", Transports: []Transport{Handshake}, Reaction: Final,
	},
	{
		// Another attempt would read the same source. A body that the transport closed
		// after a reset is not a failure of the source.
		Name: "source failed", Transports: []Transport{SourceFailed}, Reaction: FinalWithCause,
	},
	{
		// Another attempt would get the same certificate.
		Name: "certificate not trusted", Transports: []Transport{Untrusted}, Reaction: FinalWithCause,
	},
	{
		// The header Location has a wrong scheme, or the redirects form a loop
		// (docs/how-it-works.md, Redirects).
		Name: "unusable location", Transports: []Transport{UnusableLocation}, Reaction: FinalWithCause,
	},
	{
		// A server that sends no TLS sends none in the next attempt.
		Name: "no TLS", Transports: []Transport{WrongScheme}, Reaction: FinalWithCause,
	},
	{
		// docs/how-it-works.md, Waiting for an answer.
		Name: "silent or slow", Transports: []Transport{Silent, Slow}, Reaction: AgainFromStart, Attempts: silentAttempts,
	},
	{
		// The rest of an earlier response on the connection can cause this, or a response
		// that lost a part, such as the Location of a redirect. A server that always sends
		// such responses sends them in each attempt.
		Name: "malformed response", Transports: []Transport{Malformed}, Reaction: AgainFromStart, Attempts: malformedAttempts,
	},
	{
		// RFC 9113 §7: the server requires HTTP/1.1 for this request.
		Name: "HTTP/1.1 required", Transports: []Transport{HTTP1Required}, Reaction: AgainFromStart, Pause: NoPause, HTTP1: true,
	},
	{
		// RFC 9113 §7: the peer generates excessive load.
		Name: "HTTP/2 too busy", Transports: []Transport{TooBusy}, Reaction: AgainFromStart, Pause: Throttled, HTTP1: true,
	},
	{
		// A stream of HTTP/2 can end before the server read the body, and a connection can
		// end with all its streams. With HTTP/1.1, one request cannot end the others.
		Name: "HTTP/2 stream or connection ended", Transports: []Transport{StreamReset, GoAway}, Reaction: AgainFromStart, HTTP1: true,
	},
	{
		// A reset, an early end, or an error of DNS.
		Name: "connection failed", Transports: []Transport{Disconnected}, Reaction: AgainFromStart,
	},

	// Responses.
	{
		// Only the registry's host receives the token, so another token cannot help. Another
		// attempt gets another signed address from the registry.
		Name: "another host requires a login", Status: http.StatusUnauthorized, OtherHost: true, Reaction: AgainFromStart, Pause: NoPause, Attempts: 2,
	},
	{
		// docs/ghcr.md, Refused: unknown token.
		Name: "token refused", Status: http.StatusUnauthorized, Reaction: Again, Pause: NoPause, NewToken: true,
	},
	{
		// docs/ghcr.md, Refused: secondary rate limit.
		Name: "secondary rate limit", Status: http.StatusForbidden, Messages: []string{"secondary rate limit"}, Reaction: AgainFromStart, Pause: Minutes,
	},
	{
		// For example a signed address that is not valid.
		Name: "another host forbids", Status: http.StatusForbidden, OtherHost: true, Reaction: FinalWithCause,
	},
	{
		// A proxy or a firewall sends a web page. A registry sends JSON.
		Name: "page that forbids", Status: http.StatusForbidden, Page: true, Reaction: FinalWithCause,
	},
	{
		// A registry can refuse an expired token without a challenge.
		Name: "old token forbidden", Status: http.StatusForbidden, OldToken: freshToken, Reaction: Again, Pause: NoPause, NewToken: true,
	},
	{
		// docs/ghcr.md, Refused: too many requests.
		Name: "too many requests", Status: http.StatusTooManyRequests, Reaction: AgainFromStart, Pause: Throttled,
	},
	{
		// The size stays the same in each attempt, whatever code the body contains.
		Name: "too large", Status: http.StatusRequestEntityTooLarge, Reaction: FinalWithCause,
	},
	{
		// docs/ghcr.md, Refused: upload session. Only status 404 means a lost session. With
		// the statuses 400 and 416, the same codes are about the content of the request.
		Name: "session lost", Request: Upload, Status: http.StatusNotFound, Codes: session, Reaction: AgainFromStart,
	},
	{
		// A front end or another replica does not know the session, and sends no code.
		Name: "session not found", Request: Upload, Status: http.StatusNotFound, NoCode: true, Reaction: AgainFromStart,
	},
	{
		// A web server answers so if a request without TLS arrives at its port for HTTPS.
		Name: "HTTP to HTTPS port", Status: http.StatusBadRequest, Messages: plainHTTP, Reaction: FinalWithCause,
	},
	{
		// docs/ghcr.md, Refusals: GitHub's front end answers so during an upload. A
		// registry that refuses the request sends JSON.
		Name: "page of a front end", Status: http.StatusBadRequest, Page: true, Reaction: AgainFromStart,
	},
	{
		// 408 Request Timeout.
		Name: "request timeout", Status: http.StatusRequestTimeout, Reaction: AgainFromStart,
	},
	{
		// 421 Misdirected Request: another connection reaches the right server (RFC 9110
		// §15.5.20).
		Name: "misdirected", Status: http.StatusMisdirectedRequest, Reaction: AgainFromStart, HTTP1: true,
	},
	{
		// 425 Too Early (RFC 8470).
		Name: "too early", Status: http.StatusTooEarly, Reaction: AgainFromStart,
	},
	{
		// 499 Client Closed Request: a front end of nginx lost the connection.
		Name: "client closed request", Status: 499, Reaction: AgainFromStart,
	},
	{
		// 501 and 505 are about the request and not about the state of the server.
		Name: "not implemented", Status: http.StatusNotImplemented, Reaction: Final,
	},
	{
		Name: "HTTP version", Status: http.StatusHTTPVersionNotSupported, Reaction: Final,
	},
	{
		// 511: a person must log in to the network first (RFC 6585 §6).
		Name: "network login", Status: http.StatusNetworkAuthenticationRequired, Reaction: FinalWithCause,
	},
	{
		// The server, its gateway (502 to 504) or Cloudflare in front of it (520 to 530)
		// failed. docs/ghcr.md, Refusals.
		Name: "server failed", Least: http.StatusInternalServerError, Reaction: AgainFromStart,
	},
	{
		// A status of success that the request does not expect, or a web page with such a
		// status: a login page of a network, or a server that is not a registry.
		Name: "unexpected success", Least: 1, Most: 399, Reaction: FinalWithCause,
	},
	{
		// Each other status is an answer about this request, such as 400 with JSON, 403,
		// 404, 405, 409 and 416.
		Name: "refused", Reaction: Final,
	},
}

// Decide returns the row for a failure.
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
		(!r.OtherHost || f.OtherHost) && (r.OldToken == 0 || f.TokenAge > r.OldToken)
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
