package ghcrtest

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// maxChunk is the most a PATCH with Content-Range may carry (docs/ghcr.md,
// Refused: chunk size).
const maxChunk = 4 << 20

// startUpload is POST …/blobs/uploads/. Its 202 is the answer that tells who
// may push, and leaves nothing behind (docs/ghcr.md, Push probe).
func (s *Server) startUpload(w http.ResponseWriter, r *http.Request, t target) *refusal {
	g, why := s.writer(r, t.name)
	if why != nil {
		return why
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
	if query.Get("digest") != "" && s.world.answers.SinglePost {
		return s.finishUpload(w, r, target{name: t.name, kind: "upload", rest: id})
	}
	s.sessionAnswer(w, r, t.name, id, 0, http.StatusAccepted)
	return nil
}

// mount reuses a blob of a repository that the token may read. Without a
// source nothing is mounted.
func (s *Server) mount(g *grant, name, from, digest string) bool {
	s.world.mu.Lock()
	defer s.world.mu.Unlock()
	if s.world.answers.NoMount || !g.allows(from, false) {
		return false
	}
	if s.world.mayPull(g.credential, from, g.allows(from, true), absent("NAME_UNKNOWN", "")) != nil {
		return false
	}
	source := s.world.packages[key(from)]
	if source == nil || !source.blobs[digest] {
		return false
	}
	s.world.content(name).blobs[digest] = true
	return true
}

// patchUpload is PATCH: one stream without Content-Range, or small chunks
// with it.
func (s *Server) patchUpload(w http.ResponseWriter, r *http.Request, t target) *refusal {
	if _, why := s.writer(r, t.name); why != nil {
		return why
	}
	up, why := s.uploads.take(t)
	if why != nil {
		return why
	}
	defer s.uploads.release(up)
	if why := checkRange(r, up.sink.size); why != nil {
		return why
	}
	if why := s.feed(up, t.rest, r); why != nil {
		return why
	}
	s.sessionAnswer(w, r, t.name, t.rest, up.sink.size, http.StatusAccepted)
	return nil
}

// checkRange is about PATCH with Content-Range only: the chunk has to start
// where the last one ended, and to be small.
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
		return refuse(code, "BLOB_UPLOAD_INVALID", "the range does not continue the upload")
	case to-from+1 > maxChunk || r.ContentLength > maxChunk:
		return refuse(code, "REQUESTED_RANGE_NOT_SATISFIABLE", textRangeTooLarge)
	case r.ContentLength >= 0 && to-from+1 != r.ContentLength:
		return refuse(http.StatusBadRequest, "SIZE_INVALID", "the range is not as long as the body")
	}
	return nil
}

// finishUpload is PUT ?digest=, with the rest of the bytes or all of them.
func (s *Server) finishUpload(w http.ResponseWriter, r *http.Request, t target) *refusal {
	if _, why := s.writer(r, t.name); why != nil {
		return why
	}
	up, why := s.uploads.take(t)
	if why != nil {
		return why
	}
	defer s.uploads.release(up)
	if why := s.feed(up, t.rest, r); why != nil {
		return why
	}
	s.uploads.lose(t.rest)
	digest := r.URL.Query().Get("digest")
	if digest != up.sink.digest() {
		return digestInvalid()
	}
	if err := up.sink.commit(); err != nil {
		return internal(err)
	}
	s.world.keepBlob(t.name, digest)
	blobCreated(w, t.name, digest)
	return nil
}

// keepBlob notes that a repository holds a blob.
func (w *world) keepBlob(name, digest string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.content(name).blobs[digest] = true
}

// uploadStatus is GET of a session (distribution-spec, "Resuming an upload").
func (s *Server) uploadStatus(w http.ResponseWriter, r *http.Request, t target) *refusal {
	if _, why := s.writer(r, t.name); why != nil {
		return why
	}
	up, why := s.uploads.take(t)
	if why != nil {
		return why
	}
	defer s.uploads.release(up)
	s.sessionAnswer(w, r, t.name, t.rest, up.sink.size, http.StatusNoContent)
	return nil
}

// sessionAnswer says where to go on. The path has "upload" in the singular,
// unlike the one it was asked at (docs/ghcr.md, Blob upload).
func (s *Server) sessionAnswer(w http.ResponseWriter, r *http.Request, name, id string, size int64, status int) {
	location := fmt.Sprintf("/v2/%s/blobs/upload/%s", name, id)
	if s.world.answers.AbsoluteLocation {
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

// blobCreated is the 201 of a blob that is now there.
func blobCreated(w http.ResponseWriter, name, digest string) {
	w.Header().Set("Location", fmt.Sprintf("/v2/%s/blobs/%s", name, digest))
	w.Header().Set("Docker-Content-Digest", digest)
	w.Header().Set("Content-Length", "0")
	w.WriteHeader(http.StatusCreated)
}
