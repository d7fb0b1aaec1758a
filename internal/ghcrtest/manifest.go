package ghcrtest

import (
	"mime"
	"net/http"
	"strconv"
	"strings"
)

// serveManifest serves HEAD and GET of a manifest. The response has the media type
// and the bytes that a client pushed.
func (s *Server) serveManifest(w http.ResponseWriter, r *http.Request, t target) *refusal {
	missing := absent(CodeManifestUnknown, textManifestAbsent)
	if refused := s.authorizeRead(r, t.name, missing); refused != nil {
		return refused
	}
	v, ok := s.state.resolve(t.name, t.rest)
	switch {
	case ok && v.unreadable:
		return denied(textDenied)
	case !ok || !accepts(r, v.mediaType):
		return missing
	}
	w.Header().Set("Content-Type", v.mediaType)
	w.Header().Set("Content-Length", strconv.Itoa(len(v.raw)))
	w.Header().Set("Docker-Content-Digest", v.digest)
	w.Header().Set("Etag", strconv.Quote(v.digest))
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodGet {
		s.countDownload(t.name, v.digest)
		_, _ = w.Write(v.raw) // The write fails only if the client closed the connection.
	}
	return nil
}

// resolve returns the manifest that a client sees under a tag or digest.
func (w *state) resolve(name, reference string) (version, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	p := w.findLocked(name)
	if p == nil {
		return version{}, false
	}
	digest := reference
	if !isDigest(reference) {
		digest = p.tags[reference]
	}
	seen, old := p.lag.see(reference, digest)
	v := p.byDigest(seen)
	if v == nil && old {
		v = p.deletedByDigest(seen)
	}
	if v == nil {
		return version{}, false
	}
	return *v, true
}

// accepts reports whether the client accepts the media type. If the request has no
// Accept header, the client accepts every type (RFC 9110, 12.5.1).
func accepts(r *http.Request, mediaType string) bool {
	lists := r.Header.Values("Accept")
	if len(lists) == 0 {
		return true
	}
	want := bareType(mediaType)
	for one := range strings.SplitSeq(strings.Join(lists, ","), ",") {
		switch bareType(one) {
		case want, "*/*", "application/*":
			return true
		}
	}
	return false
}

// bareType returns a media type without its parameters.
func bareType(s string) string {
	if bare, _, err := mime.ParseMediaType(s); err == nil {
		return bare
	}
	return strings.TrimSpace(s)
}
