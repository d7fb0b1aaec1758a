package ghcrtest

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// Answer is an error answer in place of the real one: an OCI error on the
// registry's side, a message on the API's.
type Answer struct {
	Status        int
	Code, Message string
	// RetryAfter is sent as it is: seconds or an HTTP date.
	RetryAfter string
	// Challenge adds the WWW-Authenticate of a request without a token.
	Challenge bool
	Header    http.Header
}

// TooManyRequests is the refusal of docs/ghcr.md,
// Refused: too many requests. The wait, say "10.305464ms", is
// in the text only.
func TooManyRequests(wait string) Answer {
	return Answer{
		Status: http.StatusTooManyRequests, Code: "TOOMANYREQUESTS",
		Message: fmt.Sprintf("retry-after: %s, allowed: 2000/minute", wait),
	}
}

// SecondaryRateLimit is the refusal of docs/ghcr.md, Refused: secondary
// rate limit. A later attempt succeeds.
func SecondaryRateLimit() Answer {
	return Answer{Status: http.StatusForbidden, Code: "DENIED", Message: "You have exceeded a secondary rate limit"}
}

func (a Answer) apply(s *Server, w http.ResponseWriter, r *http.Request, _ http.Handler) {
	for name, values := range a.Header {
		w.Header()[http.CanonicalHeaderKey(name)] = values
	}
	if a.RetryAfter != "" {
		w.Header().Set("Retry-After", a.RetryAfter)
	}
	if strings.HasPrefix(r.URL.Path, apiPrefix) {
		apiError{a.Status, a.Message}.write(w, r)
		return
	}
	why := refuse(a.Status, a.Code, a.Message)
	if a.Challenge {
		t, _ := parseTarget(r.URL.Path)
		push := r.Method != http.MethodGet && r.Method != http.MethodHead
		why.challenge = s.challenge(r, t.name, push).challenge
	}
	why.write(w, r)
}

// Stall answers nothing until the client gives up or the server closes.
type Stall struct{}

func (Stall) apply(s *Server, _ http.ResponseWriter, r *http.Request, _ http.Handler) {
	// Only with the body read does net/http notice that a client has gone.
	_, _ = io.Copy(io.Discard, r.Body)
	select {
	case <-r.Context().Done():
	case <-s.closing:
	}
	panic(http.ErrAbortHandler)
}

// LoseUpload forgets the upload session a request is for, which then is
// answered with BLOB_UPLOAD_UNKNOWN (docs/ghcr.md, Refused: upload session).
type LoseUpload struct{}

func (LoseUpload) apply(s *Server, w http.ResponseWriter, r *http.Request, next http.Handler) {
	if t, ok := parseTarget(r.URL.Path); ok && t.kind == "upload" {
		s.uploads.lose(t.rest)
	}
	next.ServeHTTP(w, r)
}

// DropBlob makes a manifest PUT find its last layer gone: it answers `unknown
// blob` (docs/ghcr.md, Refused: unknown blob) and the blob has to be sent
// again.
type DropBlob struct{}

// Lag lets the next Reads readers of a manifest that is being PUT miss it, and
// its tag: readers of the registry by reference, of the REST API, and
// anonymous ones of a package that is new.
type Lag struct{ Reads int }

// Meanwhile lets something happen between a request's effect and its answer:
// another client's write, say.
type Meanwhile struct{ Do func() }

func (e Meanwhile) apply(_ *Server, w http.ResponseWriter, r *http.Request, next http.Handler) {
	next.ServeHTTP(w, r)
	e.Do()
}

// effectKey is the context key for effects that act inside a handler.
type effectKey struct{}

func (e DropBlob) apply(_ *Server, w http.ResponseWriter, r *http.Request, next http.Handler) {
	next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), effectKey{}, e)))
}

func (e Lag) apply(_ *Server, w http.ResponseWriter, r *http.Request, next http.Handler) {
	next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), effectKey{}, e)))
}

func dropsBlob(r *http.Request) bool {
	_, ok := r.Context().Value(effectKey{}).(DropBlob)
	return ok
}

func lagOf(r *http.Request) int {
	e, _ := r.Context().Value(effectKey{}).(Lag)
	return e.Reads
}

// dropBlob takes the last blob a manifest names from the package.
func (p *pkg) dropBlob(m *shape) *refusal {
	why := absent("BLOB_UNKNOWN", textUnknownBlob)
	if blobs := m.blobs(); len(blobs) > 0 {
		last := blobs[len(blobs)-1]
		delete(p.blobs, last)
		why.errors[0].Detail = map[string]string{"digest": last}
	}
	return why
}
