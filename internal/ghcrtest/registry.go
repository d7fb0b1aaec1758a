package ghcrtest

import (
	"net/http"
	"strings"
)

// target contains the parts of a path below /v2/.
type target struct {
	name string
	kind string // The kind is "uploads", "upload", "blobs", "manifests", "tags" or "referrers".
	rest string // The reference is a session id, a digest or a tag.
}

// parseTarget splits a path into its parts, beginning at the end of the path, because
// a name can have any number of segments.
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

// serveRegistry serves the paths below /v2/.
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
		absent(CodeUnsupported, "page not found").write(w, r)
		return
	}
	if refused := t.check(); refused != nil {
		refused.write(w, r)
		return
	}
	s.serveTarget(w, r, t)
}

// check checks the name, the digest and the tag of a target. The registry checks all
// three before it asks for a token.
func (t target) check() *refusal {
	switch {
	case !validName(t.name):
		return nameInvalid()
	case t.kind == "blobs" && !validDigest(t.rest), t.kind == "referrers" && !validDigest(t.rest):
		return refuse(http.StatusBadRequest, CodeDigestInvalid, "digest invalid")
	case t.kind == "manifests" && isDigest(t.rest) && !validDigest(t.rest):
		return refuse(http.StatusBadRequest, CodeDigestInvalid, "digest invalid")
	case t.kind == "manifests" && !isDigest(t.rest) && !validTag(t.rest):
		return refuse(http.StatusBadRequest, CodeTagInvalid, "tag invalid")
	}
	return nil
}

func (s *Server) serveTarget(w http.ResponseWriter, r *http.Request, t target) {
	var refused *refusal
	switch route := t.kind + " " + r.Method; route {
	case "uploads POST":
		refused = s.startUpload(w, r, t)
	case "upload PATCH":
		refused = s.patchUpload(w, r, t)
	case "upload PUT":
		refused = s.finishUpload(w, r, t)
	case "upload GET":
		refused = s.uploadStatus(w, r, t)
	case "blobs GET", "blobs HEAD":
		refused = s.serveBlob(w, r, t)
	case "manifests GET", "manifests HEAD":
		refused = s.serveManifest(w, r, t)
	case "manifests PUT":
		refused = s.putManifest(w, r, t)
	case "tags GET":
		refused = s.listTags(w, r, t)
	case "referrers GET", "referrers HEAD":
		refused = s.refuseReferrers(r, t)
	default: // An example is DELETE of a manifest, blob or upload (docs/ghcr.md, Refused: unsupported).
		refused = unsupported()
	}
	if refused != nil {
		refused.write(w, r)
	}
}

// refuseCatalog refuses a request for /v2/_catalog. The status is 401 without a
// token, and 403 with a token.
func (s *Server) refuseCatalog(w http.ResponseWriter, r *http.Request) {
	_, refused := s.authorize(r, "", false)
	if refused == nil {
		refused = denied(textDenied)
	}
	refused.write(w, r)
}

// refuseReferrers refuses a request to the referrers API, because ghcr.io does not
// have this API.
func (s *Server) refuseReferrers(r *http.Request, t target) *refusal {
	missing := absent(CodeManifestUnknown, textManifestAbsent)
	if refused := s.authorizeRead(r, t.name, missing); refused != nil {
		return refused
	}
	return missing
}
