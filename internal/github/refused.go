package github

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/google/go-github/v60/github"

	"github.com/ghcr-publish/ghcr-publish/internal/safe/lazy"
)

// Reason is the reason for which a request about package versions failed.
type Reason string

// The reasons. The comments name the response of GitHub (docs/ghcr.md, Package API errors;
// docs/ghcr.md, Deleting and restoring; docs/ghcr.md, Rate limits).
const (
	Gone          Reason = "gone"           // The version or package does not exist, or not any more: 404.
	NoAdmin       Reason = "no-admin"       // The version exists, but the token does not have the role Admin: 404.
	NoPermission  Reason = "no-permission"  // The job lacks packages: write, or the repository lacks the role Admin: 403.
	MissingScope  Reason = "missing-scope"  // A classic token lacks a scope: 403.
	LastTagged    Reason = "last-tagged"    // The version is the last tagged version: 400.
	ManyDownloads Reason = "downloads"      // A public version has more than 5,000 downloads: 400.
	RateLimited   Reason = "rate-limited"   // The token sent too many requests: 403 or 429.
	NotRestorable Reason = "not-restorable" // The deletion is too long ago, or the name is used again: 404.
	CannotList    Reason = "cannot-list"    // GITHUB_TOKEN cannot list packages: 400.
	Unexpected    Reason = "unexpected"     // Every other failure. The error contains GitHub's message.
)

// RefusedError is a refusal of a request about package versions.
type RefusedError struct {
	Reason Reason
	// Scope is the scope that a classic token lacks. Only the reason MissingScope has a
	// scope.
	Scope string
	// Wait is the time after which another attempt can succeed. Only the reason
	// RateLimited has a time.
	Wait time.Duration
	// Secondary is true for the secondary rate limit, which counts the requests of one
	// minute. The primary rate limit counts the requests of one hour.
	Secondary bool

	cause error
}

// Error returns GitHub's message.
func (e *RefusedError) Error() string { return e.cause.Error() }

// Unwrap returns the response of GitHub.
func (e *RefusedError) Unwrap() error { return e.cause }

// ReasonOf returns the reason of an error. For nil, ReasonOf returns "". For an error that
// is no refusal, such as a network error, ReasonOf returns Unexpected.
func ReasonOf(err error) Reason {
	var refused *RefusedError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &refused):
		return refused.Reason
	}
	return Unexpected
}

// neededScope matches the message for a classic token without a scope.
var neededScope = lazy.Regexp(`You need at least (\S+) scope`)

// classify returns the refusal that a response of GitHub contains. The result of classify for
// any other error is the explained error.
func classify(err error, now time.Time) error {
	if limit := rateLimited(err, now); limit != nil {
		return limit
	}
	explained := explain(err)
	var answer *github.ErrorResponse
	if !errors.As(err, &answer) || answer.Response == nil {
		return explained
	}
	refused := &RefusedError{Reason: Unexpected, cause: explained}
	scope := neededScope().FindStringSubmatch(answer.Message)
	switch code := answer.Response.StatusCode; {
	case code == http.StatusNotFound:
		refused.Reason = Gone
	case code == http.StatusBadRequest && strings.Contains(answer.Message, "last tagged version"):
		refused.Reason = LastTagged
	case code == http.StatusBadRequest && strings.Contains(answer.Message, "downloads cannot be deleted"):
		refused.Reason = ManyDownloads
	case code == http.StatusForbidden && scope != nil:
		refused.Reason, refused.Scope = MissingScope, scope[1]
	case code == http.StatusForbidden && strings.Contains(answer.Message, "not accessible by integration"):
		refused.Reason = NoPermission
	}
	return refused
}

// rateLimited returns the refusal of a rate limit, or nil. The refusal does not wrap the
// error of go-github, because the client must not wait for the end of the limit itself. The
// caller decides whether the run has enough time.
func rateLimited(err error, now time.Time) *RefusedError {
	var primary *github.RateLimitError
	var secondary *github.AbuseRateLimitError
	var answer *github.ErrorResponse
	switch {
	case errors.As(err, &primary):
		until := primary.Rate.Reset.Time
		return &RefusedError{Reason: RateLimited, Wait: max(until.Sub(now), time.Second), cause: &rateLimitError{errors.New(primary.Message), until}}
	case errors.As(err, &secondary):
		return secondaryLimit(secondary.Response, secondary.Message, now)
	case errors.As(err, &answer) && answer.Response != nil:
		code := answer.Response.StatusCode
		if code == http.StatusTooManyRequests || code == http.StatusForbidden && strings.Contains(answer.Message, "secondary rate limit") {
			return secondaryLimit(answer.Response, answer.Message, now)
		}
	}
	return nil
}

// secondaryLimit returns the refusal of the secondary rate limit. If the response contains no
// time, the wait is one minute, as GitHub's documentation of rate limits says.
func secondaryLimit(resp *http.Response, message string, now time.Time) *RefusedError {
	wait := secondaryWait
	if resp != nil {
		if requested := retryAfter(resp.Header, now); requested > 0 {
			wait = requested
		}
	}
	return &RefusedError{Reason: RateLimited, Secondary: true, Wait: wait, cause: &rateLimitError{error: errors.New(message)}}
}
