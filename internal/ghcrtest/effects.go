package ghcrtest

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest/sigstore"
)

// Answer is an error response that replaces the real response. The body is an OCI
// error for a request to the registry, and GitHub's JSON error for a request to the
// API.
type Answer struct {
	Status        int
	Code, Message string
	// RetryAfter is the literal value of the header Retry-After, which is a number
	// of seconds or an HTTP date.
	RetryAfter string
	// Challenge adds the header WWW-Authenticate, as in the refusal of a request
	// without a token.
	Challenge bool
	Header    http.Header
}

// TooManyRequests returns the refusal of too many requests (docs/ghcr.md, Refused: too
// many requests).
// The text of this refusal contains the time to wait, for example "10.305464ms". The
// refusal has no header Retry-After.
func TooManyRequests(wait string) Answer {
	return Answer{
		Status: http.StatusTooManyRequests, Code: CodeTooManyRequests,
		Message: fmt.Sprintf("retry-after: %s, allowed: 2000/minute", wait),
	}
}

// SecondaryRateLimit returns the refusal of a secondary rate limit (docs/ghcr.md,
// Refused: secondary rate limit). The server accepts a later attempt.
func SecondaryRateLimit() Answer {
	return Answer{Status: http.StatusForbidden, Code: CodeDenied, Message: "You have exceeded a secondary rate limit"}
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
	if sigstore.Handles(r.URL.Path) {
		sigstore.Refuse(w, a.Status, a.Message)
		return
	}
	refused := refuse(a.Status, a.Code, a.Message)
	if a.Challenge {
		t, _ := parseTarget(r.URL.Path)
		push := r.Method != http.MethodGet && r.Method != http.MethodHead
		refused.challenge = s.challenge(r, t.name, push).challenge
	}
	refused.write(w, r)
}

// Stall sends no response. The handler waits until the client gives up or the server
// closes.
type Stall struct{}

func (Stall) apply(s *Server, _ http.ResponseWriter, r *http.Request, _ http.Handler) {
	// net/http detects that a client closed the connection only after the body
	// was read.
	_, _ = io.Copy(io.Discard, r.Body)
	select {
	case <-r.Context().Done():
	case <-s.closing:
	}
	panic(http.ErrAbortHandler)
}

// DropUpload drops the upload session of a request before the server handles the
// request. The server then responds with BLOB_UPLOAD_UNKNOWN, or BLOB_UNKNOWN if
// BlobUnknown is true (docs/ghcr.md, Refused: upload session).
type DropUpload struct{ BlobUnknown bool }

func (e DropUpload) apply(s *Server, w http.ResponseWriter, r *http.Request, next http.Handler) {
	if t, ok := parseTarget(r.URL.Path); ok && t.kind == "upload" {
		s.uploads.drop(t.rest)
	}
	if e.BlobUnknown {
		_, _ = io.Copy(io.Discard, r.Body)
		absent(CodeBlobUnknown, textBlobUnknown).write(w, r)
		return
	}
	next.ServeHTTP(w, r)
}

// DropBlob removes the last layer of a manifest before the PUT of the manifest. The
// response to the PUT is `unknown blob` (docs/ghcr.md, Refused: unknown blob). The
// client must send the removed layer again.
type DropBlob struct{}

// Lag hides a write from the next reads: a PUT of a manifest, or a deletion or
// restoration of a version. The server counts each kind of read separately. With
// different fields, the list of versions and the list of tags disagree.
type Lag struct {
	// Reads is the number of reads that do not see the write. The server counts three
	// kinds of reads separately: reads of the registry by reference, reads of the REST
	// API, and anonymous reads of a new package.
	Reads int
	// TagReads is the number of requests for the list of tags that do not see the
	// write.
	TagReads int
}

// BeforeAnswer calls Do after the server handled a request and before the client has
// the whole response. For example, Do can write to the registry as another client.
type BeforeAnswer struct{ Do func() }

func (e BeforeAnswer) apply(_ *Server, w http.ResponseWriter, r *http.Request, next http.Handler) {
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

func lagOf(r *http.Request) Lag {
	e, _ := r.Context().Value(effectKey{}).(Lag)
	return e
}

// dropBlob removes the last blob of a manifest from the package.
func (p *pkg) dropBlob(m *parsedManifest) *refusal {
	refused := absent(CodeBlobUnknown, textUnknownBlob)
	if blobs := m.blobs(); len(blobs) > 0 {
		last := blobs[len(blobs)-1]
		delete(p.blobs, last)
		refused.errors[0].Detail = map[string]string{"digest": last}
	}
	return refused
}
