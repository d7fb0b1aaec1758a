package registry

import (
	"bytes"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/diag/network"
	"github.com/ghcr-publish/ghcr-publish/internal/registry/retry"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/lazy"
)

// maxErrorBody is the maximum number of bytes that the client reads from the
// body of an error response.
const maxErrorBody = 64 << 10

// Error is an error response of a registry. An Error contains the list of errors
// from the body (distribution-spec, "Error Codes"). An Error also contains
// GitHub's request id, because GitHub Support asks for the id.
type Error struct {
	// Operation is the operation that failed, for example `PUT manifest "1.2"`.
	Operation string
	// Host is the registry's host. Repository is the repository of the request.
	// Repository is empty for a token request.
	Host, Repository string
	// Status is the HTTP status.
	Status int
	// RequestID is the header X-GitHub-Request-Id. RequestID is empty for
	// registries other than GitHub's.
	RequestID string
	// From is the host that sent the client to Host with a redirect or an upload
	// location. If Host is the registry, From is empty. The client sends no credentials
	// to another host than the registry.
	From string
	// MediaType is the header Content-Type.
	MediaType string
	// Page is the text of a body that is not JSON, such as the title of a web page.
	Page string
	// Attestation is true if the registry refused a manifest that is an attestation in the
	// form of BuildKit 0.32 and later.
	Attestation bool
	// RetryAfter is the wait that the server requested, or zero.
	RetryAfter time.Duration
	// Cause contains the codes and the messages of the body.
	Cause *transport.Error
}

// Error returns the operation, the status, the server's message and the request
// id.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s answered %d %s to %s", e.Host, e.Status, http.StatusText(e.Status), e.Operation)
	if message := e.ServerMessage(); message != "" {
		fmt.Fprintf(&b, ": %s", message)
	} else if e.IsPage() && e.Page != "" {
		fmt.Fprintf(&b, " with a web page (%q)", e.Page)
	}
	if e.RequestID != "" {
		fmt.Fprintf(&b, " (request id %s)", e.RequestID)
	}
	return b.String()
}

// Unwrap returns the protocol error.
func (e *Error) Unwrap() error { return e.Cause }

// ServerMessage returns the messages of the server without control characters.
// ServerMessage returns "" if the response had no body (HEAD) or a body in
// another format.
func (e *Error) ServerMessage() string {
	if e.Cause == nil {
		return ""
	}
	var messages []string
	for _, d := range e.Cause.Errors {
		if d.Message == "" {
			messages = append(messages, string(d.Code))
			continue
		}
		messages = append(messages, d.Message)
		if len(messages) == 8 {
			break
		}
	}
	return sanitize(strings.Join(messages, "; "))
}

// IsPage reports whether the response was a web page. An error response of a
// registry contains JSON.
func (e *Error) IsPage() bool { return retry.IsPage(e.MediaType) }

// Has reports whether the response contains the error code.
func (e *Error) Has(code transport.ErrorCode) bool {
	if e.Cause == nil {
		return false
	}
	for _, d := range e.Cause.Errors {
		if d.Code == code {
			return true
		}
	}
	return false
}

// Missing returns the digests in the manifest that the registry does not have,
// if the registry refused the manifest for this reason. An error about missing
// digests has the code MANIFEST_BLOB_UNKNOWN and one entry per digest. In the
// result, an element is "" if the registry did not name the digest.
func (e *Error) Missing() []string {
	if e.Cause == nil {
		return nil
	}
	var out []string
	for _, d := range e.Cause.Errors {
		if d.Code != transport.ManifestBlobUnknownErrorCode && d.Code != "BLOB_UNKNOWN" {
			continue
		}
		out = append(out, digestPattern().FindString(fmt.Sprint(d.Detail, " ", d.Message)))
	}
	return out
}

// Answer returns the error response in err, without the texts of the wrapping
// errors. Use the result of Answer as the cause of an error whose title already
// names the object. If err contains no response, Answer returns err.
func Answer(err error) error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return err
}

// NoAnswer is the error of a request that got no response, or no complete response.
type NoAnswer struct {
	Host       string
	Operation  string // Operation is, for example, `PUT manifest "1.2"`.
	Incomplete bool   // Incomplete is true if a part of the response arrived.
	Err        error  // Err is an error of the network, or the reason why the client could not read the body to send.
}

// Error returns the operation, the host and the cause.
func (e *NoAnswer) Error() string {
	if errors.As(e.Err, new(*networkError)) {
		return fmt.Sprintf("%s: %s", e.Operation, e.Err) // The text of the cause contains the host.
	}
	return fmt.Sprintf("%s to %s: %s", e.Operation, e.Host, e.Err)
}

// Unwrap returns the error of the network.
func (e *NoAnswer) Unwrap() error { return e.Err }

// ResponseError is the error of a response with a success status but wrong content, such
// as an incomplete manifest.
type ResponseError struct {
	Host      string
	Operation string
	Problem   string
}

// Error returns the operation and the problem.
func (e *ResponseError) Error() string { return e.Operation + ": " + e.Problem }

// Transport returns the row of the retry table for this error (package registry/retry).
func (e *ResponseError) Transport() retry.Transport { return retry.Malformed }

var digestPattern = lazy.Regexp(`sha256:[0-9a-f]{64}`)

// IsAbsent reports whether err means that the object does not exist, or that the
// registry hides the object from this token. For such an object, a registry
// responds with the status 404, 401 or 403. Only an upload session can
// distinguish a missing object from a hidden object (docs/ghcr.md, Push probe).
func IsAbsent(err error) bool { return hasStatus(err, http.StatusNotFound) || IsRefused(err) }

// IsNotFound reports whether the response to a request for an object was 404. The
// status 404 of a token request means that the token service does not exist.
func IsNotFound(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Status == http.StatusNotFound && e.Repository != ""
}

// IsRefused reports whether the registry refused this token (401 or 403).
func IsRefused(err error) bool {
	return hasStatus(err, http.StatusUnauthorized, http.StatusForbidden)
}

// IsChanged reports whether the registry did not write a tag, because the tag is not in the
// required state any more (412).
func IsChanged(err error) bool { return hasStatus(err, http.StatusPreconditionFailed) }

// IgnoreAbsent returns nil if IsAbsent(err), and err otherwise. Use IgnoreAbsent
// if an absent object is a valid result and not a failure.
func IgnoreAbsent(err error) error {
	if IsAbsent(err) {
		return nil
	}
	return err
}

func hasStatus(err error, statuses ...int) bool {
	var e *Error
	return errors.As(err, &e) && slices.Contains(statuses, e.Status)
}

// newError returns the error of an error response. newError reads at most
// maxErrorBody bytes of the body within errorBodyTime, and closes the body.
func newError(operation string, resp *http.Response) *Error {
	if timed, ok := resp.Body.(*responseBody); ok {
		timed.limitTime()
	}
	original := resp.Body
	_ = decompress(resp)                                           // If the body is unreadable, the status still explains the failure.
	body, _ := io.ReadAll(io.LimitReader(resp.Body, maxErrorBody)) // An incomplete body can still explain the failure.
	original.Close()
	resp.Body = io.NopCloser(bytes.NewReader(body))
	e := &Error{
		Operation: operation,
		Host:      resp.Request.URL.Host,
		Status:    resp.StatusCode,
		MediaType: resp.Header.Get("Content-Type"),
		RequestID: diag.RequestID(resp.Header.Get("X-GitHub-Request-Id")),
	}
	errors.As(transport.CheckError(resp), &e.Cause)
	if e.Cause == nil || len(e.Cause.Errors) == 0 {
		e.Page = pageText(body)
	}
	e.RetryAfter = retryAfter(resp.Header.Get("Retry-After"), e.ServerMessage(), time.Now())
	return e
}

var (
	pageTitle  = lazy.Regexp(`(?is)<(?:title|h1)[^>]*>([^<]*)</`)
	pageMarkup = lazy.Regexp(`(?s)<[^>]*>`)
)

// maxPageText is the maximum length, in bytes, of the text that an error
// contains from a web page.
const maxPageText = 120

// pageText returns the title of a web page, or the beginning of another text.
func pageText(body []byte) string {
	text := string(pageMarkup().ReplaceAll(body, []byte(" ")))
	if m := pageTitle().FindSubmatch(body); m != nil && len(bytes.TrimSpace(m[1])) > 0 {
		text = string(m[1])
	}
	text = strings.Join(strings.Fields(sanitize(html.UnescapeString(text))), " ")
	if len(text) > maxPageText {
		text = strings.ToValidUTF8(text[:maxPageText], "") + "…"
	}
	return text
}

var waitPattern = lazy.Regexp(`retry-after: ([0-9.]+(?:ns|us|µs|ms|s|m|h))`)

// longestRetryAfter limits the wait that a server can request with Retry-After.
// longestRetryAfter is longer than any run.
const longestRetryAfter = 24 * time.Hour

// retryAfter reads the requested wait from the header Retry-After or from the
// message. The header contains seconds or a date (RFC 9110 §10.2.3). ghcr.io
// writes the requested wait into the message (docs/ghcr.md, Refused: too many
// requests).
func retryAfter(header, message string, now time.Time) time.Duration {
	if s, err := strconv.Atoi(strings.TrimSpace(header)); err == nil && s >= 0 {
		return time.Duration(min(s, int(longestRetryAfter.Seconds()))) * time.Second
	}
	if at, err := http.ParseTime(header); err == nil {
		return min(max(0, at.Sub(now)), longestRetryAfter)
	}
	if m := waitPattern().FindStringSubmatch(message); m != nil {
		if d, err := time.ParseDuration(m[1]); err == nil {
			return min(d, longestRetryAfter)
		}
	}
	return 0
}

// networkError is an error of the network or of the HTTP library. The text of a
// networkError contains the host and the cause. networkError sanitizes its text,
// because the text can quote the server.
type networkError struct {
	host string
	err  error
}

func (e *networkError) Error() string { return sanitize(network.Describe(e.host, e.err)) }
func (e *networkError) Unwrap() error { return e.err }

// sanitize makes a server's text safe for one line of a log. The result has a
// limited length. The result contains only printable characters, no newlines,
// and no characters that change the direction of writing.
func sanitize(s string) string {
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, s)
	if len(s) > 1000 {
		s = strings.ToValidUTF8(s[:1000], "") + "…"
	}
	return strings.TrimSpace(s)
}
