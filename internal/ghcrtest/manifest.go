package ghcrtest

import (
	"mime"
	"net/http"
	"strconv"
	"strings"
)

// serveManifest is HEAD and GET of a manifest, with the media type it was
// pushed under, byte for byte.
func (s *Server) serveManifest(w http.ResponseWriter, r *http.Request, t target) *refusal {
	gone := absent("MANIFEST_UNKNOWN", textManifestAbsent)
	if why := s.reader(r, t.name, gone); why != nil {
		return why
	}
	v, ok := s.world.resolve(t.name, t.rest)
	if !ok || !accepts(r, v.mediaType) {
		return gone
	}
	w.Header().Set("Content-Type", v.mediaType)
	w.Header().Set("Content-Length", strconv.Itoa(len(v.raw)))
	w.Header().Set("Docker-Content-Digest", v.digest)
	w.Header().Set("Etag", strconv.Quote(v.digest))
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodGet {
		_, _ = w.Write(v.raw) // the client may be gone
	}
	return nil
}

// resolve finds the manifest a reader sees under a tag or digest.
func (w *world) resolve(name, reference string) (version, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	p := w.find(name)
	if p == nil {
		return version{}, false
	}
	digest := reference
	if !isDigest(reference) {
		digest = p.tags[reference]
	}
	v := p.byDigest(p.lag.see(reference, digest))
	if v == nil {
		return version{}, false
	}
	return *v, true
}

// accepts reports whether the reader takes the media type. No Accept header
// takes anything (RFC 9110, 12.5.1).
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

// bareType is a media type without its parameters.
func bareType(s string) string {
	if bare, _, err := mime.ParseMediaType(s); err == nil {
		return bare
	}
	return strings.TrimSpace(s)
}
