package registry

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// maxErrorBody bounds how much of a refusal is read, in bytes.
const maxErrorBody = 64 << 10

// Error is a registry's answer that was not the hoped-for one. It keeps the
// protocol's own error list (distribution-spec, "Error Codes") and GitHub's
// request id, which support asks for.
type Error struct {
	// Doing is the operation, e.g. `PUT manifest "1.2"`.
	Doing string
	// Host is the registry's host, Repository the one the request was about;
	// empty for a token request.
	Host, Repository string
	// Status is the HTTP status.
	Status int
	// RequestID is X-GitHub-Request-Id; empty elsewhere.
	RequestID string
	// RetryAfter is the wait the server asked for; zero if it did not.
	RetryAfter time.Duration
	// Cause has codes and messages of the body.
	Cause *transport.Error
}

// Error gives the operation, status, the server's words and the request id.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s answered %d %s to %s", e.Host, e.Status, http.StatusText(e.Status), e.Doing)
	if words := e.Words(); words != "" {
		fmt.Fprintf(&b, ": %s", words)
	}
	if e.RequestID != "" {
		fmt.Fprintf(&b, " (request id %s)", e.RequestID)
	}
	return b.String()
}

// Unwrap returns the protocol error.
func (e *Error) Unwrap() error { return e.Cause }

// Words are the server's messages, control characters taken out; empty where
// the answer had no body (HEAD) or none that is the protocol's.
func (e *Error) Words() string {
	if e.Cause == nil {
		return ""
	}
	var words []string
	for _, d := range e.Cause.Errors {
		if d.Message == "" {
			words = append(words, string(d.Code))
			continue
		}
		words = append(words, d.Message)
		if len(words) == 8 {
			break
		}
	}
	return clean(strings.Join(words, "; "))
}

// Has reports whether the answer carries the error code.
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

// Missing are the digests that a manifest PUT was refused for
// (MANIFEST_BLOB_UNKNOWN, one entry each).
func (e *Error) Missing() []string {
	if e.Cause == nil {
		return nil
	}
	var out []string
	for _, d := range e.Cause.Errors {
		if d.Code != transport.ManifestBlobUnknownErrorCode && d.Code != "BLOB_UNKNOWN" {
			continue
		}
		out = append(out, digestPattern.FindString(fmt.Sprint(d.Detail, " ", d.Message)))
	}
	return out
}

// NoAnswer is a request to which no answer came.
type NoAnswer struct {
	Host  string
	Doing string // the operation, e.g. `PUT manifest "1.2"`
	Err   error  // of the network, or of the body that was being sent
}

// Error names the operation and its host.
func (e *NoAnswer) Error() string { return fmt.Sprintf("%s to %s: %s", e.Doing, e.Host, e.Err) }

// Unwrap returns what the network said.
func (e *NoAnswer) Unwrap() error { return e.Err }

// BrokenOff is a download that broke as often as it was taken up again.
type BrokenOff struct {
	Host      string
	Digest    v1.Hash
	Got, Size int64 // bytes
	Err       error // of the network
}

// Error says how far it came.
func (e *BrokenOff) Error() string {
	return fmt.Sprintf("downloading %s from %s: it broke off at %d of %d bytes: %s", e.Digest, e.Host, e.Got, e.Size, e.Err)
}

// Unwrap returns what the network said.
func (e *BrokenOff) Unwrap() error { return e.Err }

var digestPattern = regexp.MustCompile(`sha256:[0-9a-f]{64}`)

// IsAbsent reports whether err says that the thing is not there, or is hidden
// from this token: 404, or 401/403 on a read. Only an upload session tells
// the two apart (docs/ghcr.md, Push probe).
func IsAbsent(err error) bool {
	var e *Error
	return errors.As(err, &e) && (e.Status == http.StatusNotFound || e.refused())
}

// IsRefused reports whether the registry said no to this token (401, 403).
func IsRefused(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.refused()
}

func (e *Error) refused() bool {
	return e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden
}

// newError reads what the answer says, boundedly, and closes it.
func newError(doing string, resp *http.Response) *Error {
	body, _ := io.ReadAll(io.LimitReader(resp.Body, maxErrorBody)) // what could be read is all there is to show
	resp.Body.Close()
	resp.Body = io.NopCloser(bytes.NewReader(body))
	e := &Error{
		Doing:     doing,
		Host:      resp.Request.URL.Host,
		Status:    resp.StatusCode,
		RequestID: clean(resp.Header.Get("X-GitHub-Request-Id")),
	}
	errors.As(transport.CheckError(resp), &e.Cause)
	e.RetryAfter = retryAfter(resp.Header.Get("Retry-After"), e.Words(), time.Now())
	return e
}

var waitPattern = regexp.MustCompile(`retry-after: ([0-9.]+(?:ns|us|µs|ms|s|m|h))`)

// retryAfter reads the wait from the header (seconds or a date, RFC 9110
// §10.2.3) or from the message text, where ghcr.io puts it (docs/ghcr.md,
// Refused: too many requests).
func retryAfter(header, words string, now time.Time) time.Duration {
	if s, err := strconv.Atoi(strings.TrimSpace(header)); err == nil && s >= 0 {
		return time.Duration(min(s, 86400)) * time.Second
	}
	if at, err := http.ParseTime(header); err == nil {
		return max(0, at.Sub(now))
	}
	if m := waitPattern.FindStringSubmatch(words); m != nil {
		if d, err := time.ParseDuration(m[1]); err == nil {
			return d
		}
	}
	return 0
}

// lineError is an error of the network or the HTTP library, whose text may
// quote what a server sent.
type lineError struct{ error }

func (e *lineError) Error() string { return clean(e.error.Error()) }
func (e *lineError) Unwrap() error { return e.error }

// clean makes a server's text safe for one line of a log: printable, without
// newlines or characters that turn the direction of writing, of bounded length.
func clean(s string) string {
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
