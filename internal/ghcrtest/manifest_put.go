package ghcrtest

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
)

// maxManifest is the maximum size of a manifest, in bytes (distribution-spec,
// "Pushing Manifests").
const maxManifest = 4 << 20

// putManifest serves PUT of a manifest. The first PUT creates the package.
func (s *Server) putManifest(w http.ResponseWriter, r *http.Request, t target) *refusal {
	g, refused := s.authorizeWrite(r, t.name)
	if refused != nil {
		return refused
	}
	raw, err := io.ReadAll(io.LimitReader(r.Body, maxManifest+1))
	switch {
	case err != nil:
		return manifestInvalid(fmt.Sprintf("reading the body: %v", err))
	case len(raw) > maxManifest:
		return refuse(http.StatusRequestEntityTooLarge, CodeManifestInvalid, "the manifest is larger than 4 MiB")
	}
	m, refused := parseManifest(raw, r.Header.Get("Content-Type"))
	if refused != nil {
		return refused
	}
	v := version{digest: digestOf(raw), mediaType: r.Header.Get("Content-Type"), raw: raw, created: s.now()}
	if isDigest(t.rest) && t.rest != v.digest {
		return digestInvalid()
	}
	if refused := s.takeManifest(r, g.credential, t, m, v); refused != nil {
		return refused
	}
	w.Header().Set("Location", fmt.Sprintf("/v2/%s/manifests/%s", t.name, v.digest))
	if !s.state.answers.NoDigestOnPut {
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

// takeManifest stores a manifest and its tag if the repository has all blobs and
// children of the manifest.
func (s *Server) takeManifest(r *http.Request, c *Credential, t target, m *parsedManifest, v version) *refusal {
	source := m.source(s.store)
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	p := s.state.contentLocked(t.name)
	if dropsBlob(r) {
		return p.dropBlob(m)
	}
	if missing := m.missing(p); len(missing) > 0 {
		return blobsUnknown(missing)
	}
	if code := s.state.answers.UnknownSubject; code != "" && m.Subject != nil && p.byDigest(m.Subject.Digest) == nil {
		return refuse(http.StatusBadRequest, code, "the subject is unknown")
	}
	if !p.exists {
		s.state.createLocked(c, p, source, v.created)
	} else if c.Kind == ClassicPAT {
		s.state.linkLocked(p, source)
	}
	before := map[string]string{v.digest: ""}
	if !isDigest(t.rest) {
		before[t.rest] = p.tags[t.rest]
	}
	p.delay(lagOf(r), before)
	s.state.storeManifestLocked(p, t.rest, v)
	return nil
}

// storeManifestLocked adds the version. If the reference is a tag,
// storeManifestLocked also sets the tag.
func (w *state) storeManifestLocked(p *pkg, reference string, v version) {
	v.id = w.newIDLocked()
	p.store(v)
	if !isDigest(reference) {
		p.setTag(reference, v.digest)
	}
}

// blobsUnknown returns the refusal of a manifest with unknown blobs (docs/ghcr.md,
// Refused: blob of a manifest). The
// refusal has one error for each missing blob or child.
func blobsUnknown(missing []string) *refusal {
	refused := &refusal{status: http.StatusBadRequest}
	for _, digest := range missing {
		refused.errors = append(refused.errors, ociError{
			Code: CodeManifestBlobUnknown, Message: textBlobUnknown, Detail: map[string]string{"digest": digest},
		})
	}
	return refused
}
