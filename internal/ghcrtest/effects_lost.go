package ghcrtest

import "net/http"

// LostAnswer handles the request, and then sends the status 502 instead of the response. A
// client that repeats a deletion after this response gets 404.
type LostAnswer struct{}

func (LostAnswer) apply(s *Server, w http.ResponseWriter, r *http.Request, next http.Handler) {
	next.ServeHTTP(lostWriter{http.Header{}}, r)
	Answer{Status: http.StatusBadGateway, Code: CodeUnavailable, Message: "Bad Gateway"}.apply(s, w, r, next)
}

// lostWriter discards a response.
type lostWriter struct{ header http.Header }

func (l lostWriter) Header() http.Header { return l.header }

func (lostWriter) Write(p []byte) (int, error) { return len(p), nil }

func (lostWriter) WriteHeader(int) {}
