package ghcrtest

import (
	"net/http"
	"strconv"
)

// serveBlob is HEAD and GET of a blob. HEAD answers itself; GET sends the
// reader on to the host that has the bytes (download.go).
func (s *Server) serveBlob(w http.ResponseWriter, r *http.Request, t target) *refusal {
	gone := absent("BLOB_UNKNOWN", textBlobUnknown)
	if why := s.reader(r, t.name, gone); why != nil {
		return why
	}
	size, ok := s.blobSize(t.name, t.rest)
	if !ok {
		return gone
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

// blobSize finds a blob that a repository holds.
func (s *Server) blobSize(name, digest string) (int64, bool) {
	s.world.mu.Lock()
	held := s.world.packages[key(name)]
	ok := held != nil && held.blobs[digest]
	s.world.mu.Unlock()
	if !ok {
		return 0, false
	}
	b, ok := s.store.find(digest)
	return b.size, ok
}
