package ghcrtest

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
)

// maxManifest is the largest manifest taken, in bytes (distribution-spec,
// "Pushing Manifests").
const maxManifest = 4 << 20

// putManifest is PUT of a manifest. The first one makes the package.
func (s *Server) putManifest(w http.ResponseWriter, r *http.Request, t target) *refusal {
	g, why := s.writer(r, t.name)
	if why != nil {
		return why
	}
	raw, err := io.ReadAll(io.LimitReader(r.Body, maxManifest+1))
	switch {
	case err != nil:
		return manifestInvalid(fmt.Sprintf("reading the body: %v", err))
	case len(raw) > maxManifest:
		return refuse(http.StatusRequestEntityTooLarge, "MANIFEST_INVALID", "the manifest is larger than 4 MiB")
	}
	m, why := parseShape(raw, r.Header.Get("Content-Type"))
	if why != nil {
		return why
	}
	v := version{digest: digestOf(raw), mediaType: r.Header.Get("Content-Type"), raw: raw, created: s.now()}
	if isDigest(t.rest) && t.rest != v.digest {
		return digestInvalid()
	}
	if why := s.takeManifest(r, g.credential, t, m, v); why != nil {
		return why
	}
	w.Header().Set("Location", fmt.Sprintf("/v2/%s/manifests/%s", t.name, v.digest))
	if !s.world.answers.NoDigestOnPut {
		w.Header().Set("Docker-Content-Digest", v.digest)
	}
	w.Header().Set("Content-Length", "0")
	w.WriteHeader(http.StatusCreated)
	return nil
}

func digestOf(raw []byte) string {
	sum := sha256.Sum256(raw)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// takeManifest stores a manifest whose parts are all there, with its tag.
func (s *Server) takeManifest(r *http.Request, c *Credential, t target, m *shape, v version) *refusal {
	source := m.source(s.store)
	s.world.mu.Lock()
	defer s.world.mu.Unlock()
	p := s.world.content(t.name)
	if dropsBlob(r) {
		return p.dropBlob(m)
	}
	if missing := m.missing(p); len(missing) > 0 {
		return blobsUnknown(missing)
	}
	known := len(p.versions)
	if !p.exists {
		s.world.create(c, p, source, v.created)
	} else if c.Kind == ClassicPAT {
		s.world.link(p, source)
	}
	if reads := lagOf(r); reads > 0 {
		p.lag.delay(reads, v.digest, t.rest, p.tags[t.rest], known)
	}
	s.world.keep(p, t.rest, v)
	return nil
}

// keep adds the version and points the tag (locked).
func (w *world) keep(p *pkg, reference string, v version) {
	v.id = w.id()
	p.store(v)
	if !isDigest(reference) {
		p.point(reference, v.digest)
	}
}

// blobsUnknown is the refusal of docs/ghcr.md, Refused: blob of a manifest: one
// error for each blob or child that is missing.
func blobsUnknown(missing []string) *refusal {
	why := &refusal{status: http.StatusBadRequest}
	for _, digest := range missing {
		why.errors = append(why.errors, ociError{
			Code: "MANIFEST_BLOB_UNKNOWN", Message: textBlobUnknown, Detail: map[string]string{"digest": digest},
		})
	}
	return why
}
