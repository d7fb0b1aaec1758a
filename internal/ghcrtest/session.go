package ghcrtest

import (
	"crypto/rand"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"sync"
)

// session is one upload in progress.
type session struct {
	name string
	sink *sink
	busy bool // a request is feeding it
	lost bool // nobody will find it again
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

// take gives a request the session for itself, until release. A
// session that is lost, or fed by another request, is refused
// (docs/ghcr.md, Refused: upload session).
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

// release gives the session back. One that ended meanwhile leaves nothing
// behind but what it has committed.
func (all *sessions) release(s *session) {
	all.mu.Lock()
	defer all.mu.Unlock()
	s.busy = false
	if s.lost {
		s.sink.discard()
	}
}

// lose ends a session, with its bytes as soon as no request feeds it.
func (all *sessions) lose(id string) {
	all.mu.Lock()
	defer all.mu.Unlock()
	s := all.open[id]
	if s == nil {
		return
	}
	delete(all.open, id)
	s.lost = true
	if !s.busy {
		s.sink.discard()
	}
}

// loseAll ends every session, so that no bytes stay behind on disk.
func (all *sessions) loseAll() {
	all.mu.Lock()
	ids := slices.Collect(maps.Keys(all.open))
	all.mu.Unlock()
	for _, id := range ids {
		all.lose(id)
	}
}

// copyBuffer is large enough that hashing, not copying, is the limit.
const copyBuffer = 256 << 10

// feed appends a request's body. A body that breaks off loses the session:
// ghcr.io does not resume (docs/ghcr.md, Refused: upload session).
func (s *Server) feed(up *session, id string, r *http.Request) *refusal {
	up.sink.expect(r.ContentLength)
	_, err := io.CopyBuffer(up.sink, r.Body, make([]byte, copyBuffer))
	if err == nil {
		return nil
	}
	s.uploads.lose(id)
	return refuse(http.StatusBadRequest, "BLOB_UPLOAD_INVALID", fmt.Sprintf("reading the body: %v", err))
}
