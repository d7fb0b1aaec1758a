package ghcrtest

import (
	"net/http"
	"strings"
)

// target is what a path below /v2/ names.
type target struct {
	name string
	kind string // uploads, upload, blobs, manifests, tags, referrers
	rest string // session id, digest or reference
}

// parseTarget splits a path. A name may have any number of segments, so it is
// read from its end.
func parseTarget(path string) (target, bool) {
	rest := strings.TrimPrefix(path, "/v2/")
	for _, suffix := range []string{"/blobs/uploads", "/blobs/uploads/"} {
		if name, ok := strings.CutSuffix(rest, suffix); ok {
			return target{name: name, kind: "uploads"}, true
		}
	}
	if name, ok := strings.CutSuffix(rest, "/tags/list"); ok {
		return target{name: name, kind: "tags"}, true
	}
	last := strings.LastIndexByte(rest, '/')
	if last < 0 {
		return target{}, false
	}
	for kind, middle := range map[string]string{
		"upload": "/blobs/upload", "blobs": "/blobs", "manifests": "/manifests", "referrers": "/referrers",
	} {
		if name, ok := strings.CutSuffix(rest[:last], middle); ok {
			return target{name: name, kind: kind, rest: rest[last+1:]}, true
		}
	}
	return target{}, false
}

// serveRegistry is everything below /v2/.
func (s *Server) serveRegistry(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/v2", "/v2/":
		s.servePing(w, r)
		return
	case "/v2/_catalog":
		s.refuseCatalog(w, r)
		return
	}
	t, ok := parseTarget(r.URL.Path)
	if !ok {
		absent("UNSUPPORTED", "page not found").write(w, r)
		return
	}
	if why := t.check(); why != nil {
		why.write(w, r)
		return
	}
	s.serveTarget(w, r, t)
}

// check holds the target against the grammars, before anybody is asked for a
// token.
func (t target) check() *refusal {
	switch {
	case !validName(t.name):
		return nameInvalid()
	case t.kind == "blobs" && !validDigest(t.rest), t.kind == "referrers" && !validDigest(t.rest):
		return refuse(http.StatusBadRequest, "DIGEST_INVALID", "digest invalid")
	case t.kind == "manifests" && isDigest(t.rest) && !validDigest(t.rest):
		return refuse(http.StatusBadRequest, "DIGEST_INVALID", "digest invalid")
	case t.kind == "manifests" && !isDigest(t.rest) && !validTag(t.rest):
		return refuse(http.StatusBadRequest, "TAG_INVALID", "tag invalid")
	}
	return nil
}

func (s *Server) serveTarget(w http.ResponseWriter, r *http.Request, t target) {
	var why *refusal
	switch route := t.kind + " " + r.Method; route {
	case "uploads POST":
		why = s.startUpload(w, r, t)
	case "upload PATCH":
		why = s.patchUpload(w, r, t)
	case "upload PUT":
		why = s.finishUpload(w, r, t)
	case "upload GET":
		why = s.uploadStatus(w, r, t)
	case "blobs GET", "blobs HEAD":
		why = s.serveBlob(w, r, t)
	case "manifests GET", "manifests HEAD":
		why = s.serveManifest(w, r, t)
	case "manifests PUT":
		why = s.putManifest(w, r, t)
	case "tags GET":
		why = s.listTags(w, r, t)
	case "referrers GET", "referrers HEAD":
		why = s.refuseReferrers(r, t)
	default: // DELETE of a manifest, blob or upload among them (docs/ghcr.md, Refused: unsupported)
		why = unsupported()
	}
	if why != nil {
		why.write(w, r)
	}
}

// refuseCatalog is _catalog: 401 without a token, 403 with one.
func (s *Server) refuseCatalog(w http.ResponseWriter, r *http.Request) {
	_, why := s.authorize(r, "", false)
	if why == nil {
		why = denied(textDenied)
	}
	why.write(w, r)
}

// refuseReferrers is the referrers API, which ghcr.io does not have.
func (s *Server) refuseReferrers(r *http.Request, t target) *refusal {
	gone := absent("MANIFEST_UNKNOWN", textManifestAbsent)
	if why := s.reader(r, t.name, gone); why != nil {
		return why
	}
	return gone
}
