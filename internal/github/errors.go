package github

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/google/go-github/v60/github"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/diag/network"
)

// IsAbsent reports whether err is a response of GitHub with the status 404.
// The status 404 means that the object does not exist, or that the token has
// no access to it.
func IsAbsent(err error) bool {
	var e *github.ErrorResponse
	return errors.As(err, &e) && e.Response != nil && e.Response.StatusCode == http.StatusNotFound
}

// IsForbidden reports whether err is a response of GitHub with the status
// 403, which means that the token lacks a permission. If the response reports
// a rate limit, IsForbidden returns false.
func IsForbidden(err error) bool {
	var e *answerError
	return errors.As(err, &e) && e.answer.Response.StatusCode == http.StatusForbidden
}

// IsRejected reports whether err is a response of GitHub with the status 401, which
// means that the token is not valid.
func IsRejected(err error) bool {
	var e *github.ErrorResponse
	return errors.As(err, &e) && e.Response != nil && e.Response.StatusCode == http.StatusUnauthorized
}

// Cause returns the part of err that is useful in a message for users. This part is the
// error response of GitHub or the network error. The result does not contain the text of
// the wrapping errors.
func Cause(err error) error {
	var answer *answerError
	var limit *rateLimitError
	var failed *network.Error
	switch {
	case errors.As(err, &answer):
		return answer
	case errors.As(err, &limit):
		return limit
	case errors.As(err, &failed):
		return failed
	}
	return err
}

// explain replaces an error of the library go-github by an error whose text
// users understand.
func explain(err error) error {
	var answer *github.ErrorResponse
	var limit *github.RateLimitError
	var secondary *github.AbuseRateLimitError
	var request *url.Error
	switch {
	case errors.As(err, &limit):
		return &rateLimitError{err, limit.Rate.Reset.Time}
	case errors.As(err, &secondary):
		return &rateLimitError{error: err}
	case errors.As(err, &answer) && answer.Response != nil:
		return &answerError{answer}
	case errors.As(err, &request):
		return &network.Error{Host: hostOf(request), Err: request}
	}
	return err
}

// hostOf returns the host of a request for which the server sent no response.
func hostOf(request *url.Error) string {
	if u, err := url.Parse(request.URL); err == nil && u.Host != "" {
		return u.Host
	}
	return "GitHub's API"
}

// answerError is an error response of GitHub's API.
type answerError struct{ answer *github.ErrorResponse }

// Error returns the status, GitHub's message and the request id.
func (e *answerError) Error() string {
	resp := e.answer.Response
	text := fmt.Sprintf("GitHub's API answered %d %s", resp.StatusCode, http.StatusText(resp.StatusCode))
	if message := strings.TrimSpace(e.answer.Message); message != "" && message != http.StatusText(resp.StatusCode) {
		text += fmt.Sprintf(": %.300q", message)
	}
	if id := diag.RequestID(resp.Header.Get("X-GitHub-Request-Id")); id != "" {
		text += fmt.Sprintf(" (request id %s)", id)
	}
	return text
}

func (e *answerError) Unwrap() error { return e.answer }

// rateLimitError is an error response of GitHub's API that reports a rate
// limit.
type rateLimitError struct {
	error
	until time.Time // zero if unknown
}

func (e *rateLimitError) Error() string {
	if e.until.IsZero() {
		return "GitHub's API refused the request, because the token sent too many requests in a short time (a secondary rate limit)"
	}
	return fmt.Sprintf("GitHub's API refused the request, because the token cannot send more requests until %s (a rate limit)", e.until.UTC().Format("15:04 MST"))
}

func (e *rateLimitError) Unwrap() error { return e.error }
