package ghcrtest

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"slices"
	"sync"
	"time"
)

// session is an open upload.
type session struct {
	name    string
	writer  *blobWriter
	expires time.Time
	busy    bool // busy is true while a request appends to the session.
	dropped bool // dropped is true after drop removed the session from the map.
}

// sessionLife is the time that ghcr.io gives to an upload, from the start of its session
// (docs/ghcr.md, Refused: upload time).
const sessionLife = 10 * time.Minute

// maxSessions is the maximum number of sessions that no request uses. A publish opens
// fewer than 100 sessions. The limit bounds the memory and the open files of a server
// whose clients open sessions and do not finish them.
const maxSessions = 1000

// sessions are the open uploads. While a request appends to a session, the session is
// busy, and only this request uses it. The request does not hold the mutex while it
// appends to the session.
type sessions struct {
	now  func() time.Time
	mu   sync.Mutex
	open map[string]*session
}

// start opens a session and returns its id. start also drops the sessions that have
// expired, and the oldest session if the number of sessions exceeds maxSessions.
func (all *sessions) start(name string, k *blobWriter) string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	id := fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
	all.mu.Lock()
	defer all.mu.Unlock()
	all.sweepLocked()
	all.open[id] = &session{name: name, writer: k, expires: all.now().Add(sessionLife)}
	return id
}

// sweepLocked drops the sessions that have expired. If more than maxSessions-1 sessions
// are left, sweepLocked also drops the oldest session, so that a new session has a place.
// A session that a request uses stays, because the server ends this request when the
// session expires (receive).
func (all *sessions) sweepLocked() {
	oldest, idle := "", 0
	for id, s := range all.open {
		switch {
		case s.busy:
			continue
		case !all.now().Before(s.expires):
			all.dropLocked(id)
			continue
		case oldest == "" || s.expires.Before(all.open[oldest].expires):
			oldest = id
		}
		idle++
	}
	if idle >= maxSessions {
		all.dropLocked(oldest)
	}
}

// acquire gives a request exclusive use of a session until the request calls release.
// acquire refuses a session that does not exist, has expired or is busy (docs/ghcr.md,
// Refused: upload session).
func (all *sessions) acquire(t target) (*session, *refusal) {
	all.mu.Lock()
	defer all.mu.Unlock()
	s := all.open[t.rest]
	switch {
	case s == nil || s.name != t.name || !all.now().Before(s.expires):
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
	all.dropLocked(id)
}

func (all *sessions) dropLocked(id string) {
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
	defer all.mu.Unlock()
	for _, id := range slices.Collect(maps.Keys(all.open)) {
		all.dropLocked(id)
	}
}

// copyBuffer is the size of a copy buffer, in bytes. With a buffer of this size,
// hashing takes more time than copying.
const copyBuffer = 256 << 10

// receive appends a request's body to a session. If the body is truncated or too large,
// receive drops the session, because ghcr.io does not resume uploads (docs/ghcr.md,
// Refused: upload session). When the session expires, receive closes the connection
// (docs/ghcr.md, Refused: upload time).
func (s *Server) receive(w http.ResponseWriter, up *session, id string, r *http.Request) *refusal {
	left := s.maxBlob - up.writer.size
	if r.ContentLength > left {
		s.uploads.drop(id)
		return blobTooLarge()
	}
	// An error means that the connection has no deadlines (http.ErrNotSupported), for
	// example in a test without a listener.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(up.expires.Sub(s.now())))
	up.writer.reserve(r.ContentLength)
	n, err := io.CopyBuffer(up.writer, io.LimitReader(r.Body, left+1), make([]byte, copyBuffer))
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		s.uploads.drop(id)
		panic(http.ErrAbortHandler)
	case err != nil:
		s.uploads.drop(id)
		return refuse(http.StatusBadRequest, CodeBlobUploadInvalid, fmt.Sprintf("reading the body: %v", err))
	case n > left:
		s.uploads.drop(id)
		return blobTooLarge()
	}
	return nil
}

// blobTooLarge refuses a blob that is larger than ghcr.io accepts (docs/ghcr.md, Blob
// upload).
func blobTooLarge() *refusal {
	return refuse(http.StatusRequestEntityTooLarge, CodeSizeInvalid, "the blob is too large")
}
