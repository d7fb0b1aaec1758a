package ghcrtest

import (
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"sync"
)

// session is one upload in progress.
type session struct {
	name string
	sink *sink
	busy bool
}

// sessions are the uploads in progress. A session that is being fed is busy
// and belongs to that request alone, so the mutex is never held meanwhile.
type sessions struct {
	mu   sync.Mutex
	open map[string]*session
}

// start opens a session and returns its id.
func (all *sessions) start(name string, k *sink) string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	id := fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
	all.mu.Lock()
	defer all.mu.Unlock()
	all.open[id] = &session{name: name, sink: k}
	return id
}

// take gives a request the session for itself, until release or drop. A
// session that is lost, or fed by another request, is row 17.
func (all *sessions) take(t target) (*session, *refusal) {
	all.mu.Lock()
	defer all.mu.Unlock()
	s := all.open[t.rest]
	switch {
	case s == nil || s.name != t.name:
		return nil, absent("BLOB_UPLOAD_UNKNOWN", textUploadUnknown)
	case s.busy:
		return nil, absent("BLOB_UPLOAD_INVALID", "blob upload invalid")
	}
	s.busy = true
	return s, nil
}

func (all *sessions) release(s *session) {
	all.mu.Lock()
	defer all.mu.Unlock()
	s.busy = false
}

// drop ends a session; committed bytes are not touched.
func (all *sessions) drop(id string) *session {
	all.mu.Lock()
	defer all.mu.Unlock()
	s := all.open[id]
	delete(all.open, id)
	return s
}

// lose drops a session with its bytes, if no request is feeding it.
func (all *sessions) lose(id string) {
	if s := all.drop(id); s != nil && !s.busy {
		s.sink.discard()
	}
}

// copyBuffer is large enough that hashing, not copying, is the limit.
const copyBuffer = 256 << 10

// feed appends a request's body. A body that breaks off loses the session:
// ghcr.io does not resume (row 17).
func (s *Server) feed(up *session, id string, body io.Reader) *refusal {
	_, err := io.CopyBuffer(struct{ io.Writer }{up.sink}, body, make([]byte, copyBuffer))
	if err == nil {
		return nil
	}
	s.uploads.drop(id)
	up.sink.discard()
	return refuse(http.StatusBadRequest, "BLOB_UPLOAD_INVALID", fmt.Sprintf("reading the body: %v", err))
}
