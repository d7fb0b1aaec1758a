package ghcrtest

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// maxChunk is the maximum size of a chunk with Content-Range, in bytes (docs/ghcr.md,
// Refused: chunk size).
const maxChunk = 4 << 20

// startUpload serves POST …/blobs/uploads/. Status 202 shows that the client may
// push. The POST has no lasting effect (docs/ghcr.md, Push probe).
func (s *Server) startUpload(w http.ResponseWriter, r *http.Request, t target) *refusal {
	g, refused := s.authorizeWrite(r, t.name)
	if refused != nil {
		return refused
	}
	query := r.URL.Query()
	if digest := query.Get("mount"); digest != "" && s.mount(g, t.name, query.Get("from"), digest) {
		blobCreated(w, t.name, digest)
		return nil
	}
	k, err := s.store.create()
	if err != nil {
		return internal(err)
	}
	id := s.uploads.start(t.name, k)
	if query.Get("digest") != "" && s.state.answers.SinglePost {
		return s.finishUpload(w, r, target{name: t.name, kind: "upload", rest: id})
	}
	s.sessionAnswer(w, r, t.name, id, 0, http.StatusAccepted)
	return nil
}

// mount adds a blob of a source repository to the target repository if the token may
// read the source repository. mount returns false if it adds no blob, for example
// because the request names no source repository.
func (s *Server) mount(g *grant, name, from, digest string) bool {
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	if s.state.answers.NoMount || !g.allows(from, false) {
		return false
	}
	if s.state.mayPullLocked(g.credential, from, g.allows(from, true), absent(CodeNameUnknown, "")) != nil {
		return false
	}
	source := s.state.packages[key(from)]
	if source == nil || !source.blobs[digest] {
		return false
	}
	s.state.contentLocked(name).blobs[digest] = true
	return true
}

// patchUpload serves PATCH of a session. A PATCH without Content-Range sends the blob
// as one stream. A PATCH with Content-Range sends one small chunk.
func (s *Server) patchUpload(w http.ResponseWriter, r *http.Request, t target) *refusal {
	return s.continueUpload(w, r, t, func(up *session) *refusal {
		s.sessionAnswer(w, r, t.name, t.rest, up.writer.size, http.StatusAccepted)
		return nil
	})
}

// continueUpload adds the body of a request to a session, and then calls a function.
func (s *Server) continueUpload(w http.ResponseWriter, r *http.Request, t target, then func(*session) *refusal) *refusal {
	return s.withSession(r, t, func(up *session) *refusal {
		if refused := checkRange(r, up.writer.size); refused != nil {
			return refused
		}
		if refused := s.receive(w, up, t.rest, r); refused != nil {
			return refused
		}
		return then(up)
	})
}

// withSession calls a function with the session of a request. Other requests cannot use
// the session at the same time.
func (s *Server) withSession(r *http.Request, t target, use func(*session) *refusal) *refusal {
	if _, refused := s.authorizeWrite(r, t.name); refused != nil {
		return refused
	}
	up, refused := s.uploads.acquire(t)
	if refused != nil {
		return refused
	}
	defer s.uploads.release(up)
	return use(up)
}

// checkRange checks the Content-Range of a PATCH or of the last PUT. The chunk must start
// at the end of the previous chunk and must not be larger than maxChunk
// (distribution-spec, "Pushing a blob in chunks").
func checkRange(r *http.Request, offset int64) *refusal {
	header := r.Header.Get("Content-Range")
	if header == "" {
		return nil
	}
	first, last, _ := strings.Cut(strings.TrimPrefix(header, "bytes "), "-")
	from, errFrom := strconv.ParseInt(first, 10, 64)
	to, errTo := strconv.ParseInt(last, 10, 64)
	code := http.StatusRequestedRangeNotSatisfiable
	switch {
	case errFrom != nil || errTo != nil || from != offset || to < from:
		return refuse(code, CodeBlobUploadInvalid, "the range does not continue the upload")
	case to-from+1 > maxChunk || r.ContentLength > maxChunk:
		return refuse(code, CodeRangeNotSatisfiable, textRangeTooLarge)
	case r.ContentLength >= 0 && to-from+1 != r.ContentLength:
		return refuse(http.StatusBadRequest, CodeSizeInvalid, "the range is not as long as the body")
	}
	return nil
}

// finishUpload serves PUT ?digest= of a session. The body contains all bytes of the
// blob, or the bytes that no PATCH sent.
func (s *Server) finishUpload(w http.ResponseWriter, r *http.Request, t target) *refusal {
	return s.continueUpload(w, r, t, func(up *session) *refusal {
		s.uploads.drop(t.rest)
		digest := r.URL.Query().Get("digest")
		if digest != up.writer.digest() {
			return digestInvalid()
		}
		if err := up.writer.commit(); err != nil {
			return internal(err)
		}
		s.state.addBlob(t.name, digest)
		blobCreated(w, t.name, digest)
		return nil
	})
}

// addBlob records that a repository has a blob.
func (w *state) addBlob(name, digest string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.contentLocked(name).blobs[digest] = true
}

// uploadStatus serves GET of a session (distribution-spec, "Resuming an upload").
func (s *Server) uploadStatus(w http.ResponseWriter, r *http.Request, t target) *refusal {
	return s.withSession(r, t, func(up *session) *refusal {
		s.sessionAnswer(w, r, t.name, t.rest, up.writer.size, http.StatusNoContent)
		return nil
	})
}

// sessionAnswer sends the URL for the next request of a session. The path of this
// URL contains "upload" in the singular, unlike the path of the POST (docs/ghcr.md,
// Blob upload).
func (s *Server) sessionAnswer(w http.ResponseWriter, r *http.Request, name, id string, size int64, status int) {
	location := fmt.Sprintf("/v2/%s/blobs/upload/%s", name, id)
	if s.state.answers.AbsoluteLocation {
		location = base(r) + location
	}
	w.Header().Set("Location", location)
	w.Header().Set("Docker-Upload-Uuid", id)
	w.Header().Set("Range", fmt.Sprintf("0-%d", max(size-1, 0)))
	if status != http.StatusNoContent {
		w.Header().Set("Content-Length", "0")
	}
	w.WriteHeader(status)
}

// blobCreated sends status 201 for a blob that was added to the repository.
func blobCreated(w http.ResponseWriter, name, digest string) {
	w.Header().Set("Location", fmt.Sprintf("/v2/%s/blobs/%s", name, digest))
	w.Header().Set("Docker-Content-Digest", digest)
	w.Header().Set("Content-Length", "0")
	w.WriteHeader(http.StatusCreated)
}
