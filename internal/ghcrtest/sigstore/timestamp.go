package sigstore

import (
	"crypto"
	"encoding/asn1"
	"encoding/json"
	"net/http"

	"github.com/digitorus/timestamp"
)

// serveTimestamp serves a timestamp (RFC 3161). The request is DER, or JSON as
// sigstore-js sends it.
func (s *Sigstore) serveTimestamp(w http.ResponseWriter, r *http.Request, body []byte) {
	request, err := timestampRequest(r.Header.Get("Content-Type"), body)
	if err != nil {
		answer(w, http.StatusBadRequest, problem{http.StatusBadRequest, "Error reading request: " + err.Error()})
		return
	}
	reply, err := s.timestamp(request)
	if err != nil {
		answer(w, http.StatusBadRequest, problem{http.StatusBadRequest, err.Error()})
		return
	}
	w.Header().Set("Content-Type", "application/timestamp-reply")
	w.WriteHeader(http.StatusCreated)
	_, _ = w.Write(reply) // An error means that the client is gone.
}

func timestampRequest(mediaType string, body []byte) (*timestamp.Request, error) {
	if mediaType != "application/json" {
		return timestamp.ParseRequest(body)
	}
	var request struct {
		Hash []byte `json:"artifactHash"`
	}
	err := json.Unmarshal(body, &request)
	return &timestamp.Request{HashAlgorithm: crypto.SHA256, HashedMessage: request.Hash}, err
}

// timestamp returns the response to a request for a timestamp.
func (s *Sigstore) timestamp(request *timestamp.Request) ([]byte, error) {
	stamp := timestamp.Timestamp{
		HashAlgorithm: request.HashAlgorithm, HashedMessage: request.HashedMessage, Nonce: request.Nonce,
		Time: s.clock(), Policy: asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 57264, 2}, SerialNumber: serial(),
		AddTSACertificate: request.Certificates,
	}
	return stamp.CreateResponseWithOpts(s.keys.tsa.certificate, s.keys.tsa.key, crypto.SHA256)
}
