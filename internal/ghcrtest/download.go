package ghcrtest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// downloadPath is the path of blobs on the second host, from which clients download
// blobs. ghcr.io redirects to pkg-containers.githubusercontent.com (docs/ghcr.md,
// Blob download).
const downloadPath = "/ghcr1/blobs/"

// signedURL returns the short-lived URL of a blob on the second host.
func (s *Server) signedURL(r *http.Request, digest string) string {
	until := strconv.FormatInt(s.now().Add(s.downloadTTL).Unix(), 10)
	return fmt.Sprintf("%s://%s%s%s?se=%s&sig=%s", scheme(r), otherHost(r.Host), downloadPath, digest, until, s.sign(digest, until))
}

func (s *Server) sign(digest, until string) string {
	mac := hmac.New(sha256.New, s.key[:])
	mac.Write([]byte(digest + "\n" + until))
	return hex.EncodeToString(mac.Sum(nil))
}

// otherHost returns a second name of the same listener. A redirect to the second name
// changes the host, as a redirect of ghcr.io does. The second name of 127.0.0.1 is
// localhost, and the second name of localhost is 127.0.0.1. otherHost returns any
// other host unchanged.
func otherHost(host string) string {
	name, port, err := net.SplitHostPort(host)
	if err != nil {
		return host
	}
	switch name {
	case "127.0.0.1":
		return net.JoinHostPort("localhost", port)
	case "localhost":
		return net.JoinHostPort("127.0.0.1", port)
	}
	return host
}

// serveDownload serves blobs on the second host. Like Azure storage, serveDownload
// responds with status 400 if a request has both a signature and an Authorization
// header.
func (s *Server) serveDownload(w http.ResponseWriter, r *http.Request) {
	digest := strings.TrimPrefix(r.URL.Path, downloadPath)
	until := r.URL.Query().Get("se")
	seconds, err := strconv.ParseInt(until, 10, 64)
	switch {
	case r.Header.Get("Authorization") != "":
		http.Error(w, "InvalidAuthenticationInfo", http.StatusBadRequest)
		return
	case err != nil, !hmac.Equal([]byte(r.URL.Query().Get("sig")), []byte(s.sign(digest, until))),
		s.now().After(time.Unix(seconds, 0)):
		http.Error(w, "AuthenticationFailed", http.StatusForbidden)
		return
	}
	s.sendBlob(w, r, digest)
}

// sendBlob sends a blob. sendBlob supports a single range. The function answers a
// request for several ranges with the whole blob (docs/ghcr.md, Blob download).
func (s *Server) sendBlob(w http.ResponseWriter, r *http.Request, digest string) {
	content, err := s.store.open(digest)
	if err != nil {
		http.Error(w, "BlobNotFound", http.StatusNotFound)
		return
	}
	defer content.Close()
	if strings.Contains(r.Header.Get("Range"), ",") {
		r = r.Clone(r.Context())
		r.Header.Del("Range")
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Etag", strconv.Quote(digest))
	http.ServeContent(w, r, "", time.Time{}, content)
}
