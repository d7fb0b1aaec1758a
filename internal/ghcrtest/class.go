package ghcrtest

import (
	"net/http"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest/sigstore"
)

// Class is the kind of a request. Requests are counted by class.
type Class string

// The classes. The name of a class that reads or writes registry content begins
// with the HTTP method, as in "PUT manifest".
const (
	ClassPing  Class = "ping"
	ClassToken Class = "token"
	// ClassDownload is a GET request to the second host, which has the bytes of the
	// blobs.
	ClassDownload Class = "download"
	ClassAPI      Class = "api"
	ClassSigstore Class = "sigstore"
	ClassOther    Class = "other"

	ClassHeadBlob     Class = "HEAD blob"
	ClassGetBlob      Class = "GET blob"
	ClassPostUpload   Class = "POST upload"
	ClassPatchUpload  Class = "PATCH upload"
	ClassPutUpload    Class = "PUT upload"
	ClassHeadManifest Class = "HEAD manifest"
	ClassGetManifest  Class = "GET manifest"
	ClassPutManifest  Class = "PUT manifest"
	ClassTags         Class = "GET tags"
	ClassReferrers    Class = "GET referrers"
)

// nouns contains, for each kind of target, the word that names this kind in a class.
var nouns = map[string]string{
	"uploads": "upload", "upload": "upload", "blobs": "blob",
	"manifests": "manifest", "tags": "tags", "referrers": "referrers",
}

func classify(r *http.Request) Class {
	path := r.URL.Path
	switch {
	case path == "/v2" || path == "/v2/":
		return ClassPing
	case path == "/token":
		return ClassToken
	case strings.HasPrefix(path, apiPrefix):
		return ClassAPI
	case strings.HasPrefix(path, downloadPath):
		return ClassDownload
	case sigstore.Handles(path):
		return ClassSigstore
	case !strings.HasPrefix(path, "/v2/"):
		return ClassOther
	}
	if t, ok := parseTarget(path); ok {
		return Class(r.Method + " " + nouns[t.kind])
	}
	return ClassOther
}
