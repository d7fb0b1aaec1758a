package ghcrtest

import (
	"net/http"
	"strconv"
)

// serveBlob serves HEAD and GET of a blob. The response to GET is a redirect to the
// host that has the bytes (download.go).
func (s *Server) serveBlob(w http.ResponseWriter, r *http.Request, t target) *refusal {
	missing := absent(CodeBlobUnknown, textBlobUnknown)
	if refused := s.authorizeRead(r, t.name, missing); refused != nil {
		return refused
	}
	size, ok := s.blobSize(t.name, t.rest)
	if !ok {
		return missing
	}
	w.Header().Set("Docker-Content-Digest", t.rest)
	if r.Method == http.MethodGet {
		w.Header().Set("Location", s.signedURL(r, t.rest))
		w.Header().Set("Content-Length", "0")
		w.WriteHeader(http.StatusTemporaryRedirect)
		return nil
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Length", strconv.FormatInt(size, 10))
	w.WriteHeader(http.StatusOK)
	return nil
}

// blobSize returns the size of a blob that a repository has.
func (s *Server) blobSize(name, digest string) (int64, bool) {
	s.state.mu.Lock()
	stored := s.state.packages[key(name)]
	ok := stored != nil && stored.blobs[digest]
	s.state.mu.Unlock()
	if !ok {
		return 0, false
	}
	b, ok := s.store.find(digest)
	return b.size, ok
}
