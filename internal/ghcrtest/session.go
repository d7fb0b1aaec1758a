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

// session is an open upload.
type session struct {
	name    string
	writer  *blobWriter
	busy    bool // busy is true while a request appends to the session.
	dropped bool // dropped is true after drop removed the session from the map.
}

// sessions are the open uploads. While a request appends to a session, the session is
// busy, and only this request uses it. The request does not hold the mutex while it
// appends to the session.
type sessions struct {
	mu   sync.Mutex
	open map[string]*session
}

// start opens a session and returns its id.
func (all *sessions) start(name string, k *blobWriter) string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	id := fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
	all.mu.Lock()
	defer all.mu.Unlock()
	all.open[id] = &session{name: name, writer: k}
	return id
}

// acquire gives a request exclusive use of a session until the request calls release.
// acquire refuses a session that does not exist or is busy (docs/ghcr.md, Refused:
// upload session).
func (all *sessions) acquire(t target) (*session, *refusal) {
	all.mu.Lock()
	defer all.mu.Unlock()
	s := all.open[t.rest]
	switch {
	case s == nil || s.name != t.name:
		return nil, absent(CodeBlobUploadUnknown, textUploadUnknown)
	case s.busy:
		return nil, absent(CodeBlobUploadInvalid, "blob upload invalid")
	}
	s.busy = true
	return s, nil
}

// release ends the exclusive use of a session. If the session was dropped, release
// discards the bytes that were not committed.
func (all *sessions) release(s *session) {
	all.mu.Lock()
	defer all.mu.Unlock()
	s.busy = false
	if s.dropped {
		s.writer.discard()
	}
}

// drop ends a session and discards its bytes. If a request still uses the session,
// release discards the bytes later.
func (all *sessions) drop(id string) {
	all.mu.Lock()
	defer all.mu.Unlock()
	s := all.open[id]
	if s == nil {
		return
	}
	delete(all.open, id)
	s.dropped = true
	if !s.busy {
		s.writer.discard()
	}
}

// dropAll ends every session, so that no bytes stay on disk.
func (all *sessions) dropAll() {
	all.mu.Lock()
	ids := slices.Collect(maps.Keys(all.open))
	all.mu.Unlock()
	for _, id := range ids {
		all.drop(id)
	}
}

// copyBuffer is the size of a copy buffer, in bytes. With a buffer of this size,
// hashing takes more time than copying.
const copyBuffer = 256 << 10

// receive appends a request's body to a session. If the body is truncated, receive
// drops the session, because ghcr.io does not resume uploads (docs/ghcr.md, Refused:
// upload session).
func (s *Server) receive(up *session, id string, r *http.Request) *refusal {
	up.writer.reserve(r.ContentLength)
	_, err := io.CopyBuffer(up.writer, r.Body, make([]byte, copyBuffer))
	if err == nil {
		return nil
	}
	s.uploads.drop(id)
	return refuse(http.StatusBadRequest, CodeBlobUploadInvalid, fmt.Sprintf("reading the body: %v", err))
}
