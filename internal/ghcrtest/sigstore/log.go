package sigstore

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// proposedEntry is the body of a request to Rekor 1.
type proposedEntry struct {
	Kind string `json:"kind"`
	Spec struct {
		Content struct {
			Envelope  string   `json:"envelope"`
			Verifiers [][]byte `json:"verifiers"` // PEM
		} `json:"proposedContent"` // of the kind dsse
		Data      json.RawMessage `json:"data"` // of the kind hashedrekord
		Signature json.RawMessage `json:"signature"`
	} `json:"spec"`
}

// serveEntry adds an entry to Rekor 1.
func (s *Sigstore) serveEntry(w http.ResponseWriter, r *http.Request, body []byte) {
	var entry proposedEntry
	err := json.Unmarshal(body, &entry)
	var text []byte
	if err == nil {
		text, err = entry.canonical()
	}
	if err != nil {
		answer(w, http.StatusBadRequest, problem{http.StatusBadRequest, "error processing entry: " + err.Error()})
		return
	}
	id := hex.EncodeToString(leafHash(text))
	w.Header().Set("Location", rekorPath+"/"+id)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.entries[id] != nil {
		answer(w, http.StatusConflict, problem{http.StatusConflict, "an equivalent entry already exists in the transparency log with UUID " + id})
		return
	}
	stored, err := json.Marshal(map[string]any{id: s.entryLocked(text, r.Host)})
	if err != nil {
		answer(w, http.StatusBadRequest, problem{http.StatusBadRequest, err.Error()})
		return
	}
	s.entries[id] = stored
	w.Header().Set("ETag", id) // sigstore-go finds the entry in the response by this header.
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusCreated)
	_, _ = w.Write(stored) // An error means that the client is gone.
}

// serveStoredEntry serves an entry of Rekor 1.
func (s *Sigstore) serveStoredEntry(w http.ResponseWriter, r *http.Request, _ []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	stored := s.entries[strings.TrimPrefix(r.URL.Path, rekorPath+"/")]
	if stored == nil {
		answer(w, http.StatusNotFound, problem{http.StatusNotFound, "entry not found"})
		return
	}
	send(w, stored)
}

// canonical returns the text of an entry in the log. The keys of the JSON are sorted.
func (e proposedEntry) canonical() ([]byte, error) {
	spec := map[string]any{"data": e.Spec.Data, "signature": e.Spec.Signature}
	switch {
	case e.Kind == "dsse":
		var err error
		if spec, err = e.envelope(); err != nil {
			return nil, err
		}
	case e.Kind != "hashedrekord" || e.Spec.Data == nil || e.Spec.Signature == nil:
		return nil, fmt.Errorf("entry kind %q is not supported", e.Kind)
	}
	return json.Marshal(map[string]any{"apiVersion": "0.0.1", "kind": e.Kind, "spec": spec})
}

// envelope checks the envelope of an entry, and returns the entry of the log.
func (e proposedEntry) envelope() (map[string]any, error) {
	var envelope struct {
		Payload     []byte `json:"payload"`
		PayloadType string `json:"payloadType"`
		Signatures  []struct {
			Signature []byte `json:"sig"`
		} `json:"signatures"`
	}
	content := e.Spec.Content
	if err := json.Unmarshal([]byte(content.Envelope), &envelope); err != nil {
		return nil, err
	}
	if len(envelope.Signatures) != 1 || len(content.Verifiers) != 1 {
		return nil, errors.New("the envelope needs one signature and one verifier")
	}
	signature := envelope.Signatures[0].Signature
	// DSSE, protocol.md, "Signature Definition".
	signed := fmt.Appendf(nil, "DSSEv1 %d %s %d %s", len(envelope.PayloadType), envelope.PayloadType, len(envelope.Payload), envelope.Payload)
	if err := checkSignature(content.Verifiers[0], signed, signature); err != nil {
		return nil, err
	}
	return map[string]any{
		"envelopeHash": hashOf([]byte(content.Envelope)), "payloadHash": hashOf(envelope.Payload),
		"signatures": []any{map[string]any{"signature": signature, "verifier": content.Verifiers[0]}},
	}, nil
}

// checkSignature verifies a signature with the key of a certificate, as PEM.
func checkSignature(certificate, signed, signature []byte) error {
	block, _ := pem.Decode(certificate)
	if block == nil {
		return errors.New("the verifier is not a certificate")
	}
	parsed, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return err
	}
	key, ok := parsed.PublicKey.(*ecdsa.PublicKey)
	hash := sha256.Sum256(signed)
	if !ok || !ecdsa.VerifyASN1(key, hash[:], signature) {
		return errors.New("could not verify envelope")
	}
	return nil
}

func hashOf(text []byte) map[string]string {
	hash := sha256.Sum256(text)
	return map[string]string{"algorithm": "sha256", "value": hex.EncodeToString(hash[:])}
}

// entryLocked adds an entry to the log, and returns the response of Rekor 1.
func (s *Sigstore) entryLocked(text []byte, host string) map[string]any {
	id := keyID(s.keys.log)
	entry := map[string]any{
		"body": text, "integratedTime": s.clock().Unix(), "logID": hex.EncodeToString(id[:]), "logIndex": s.next,
	}
	s.next++
	promise, _ := json.Marshal(entry) //nolint:errchkjson // never fails: texts and numbers
	root := leafHash(text)
	entry["verification"] = map[string]any{
		"signedEntryTimestamp": sign(s.keys.log, promise),
		"inclusionProof": map[string]any{
			"logIndex": 0, "treeSize": 1, "rootHash": hex.EncodeToString(root), "hashes": []string{},
			"checkpoint": checkpoint(s.keys.log, hostname(host), " - 1", root),
		},
	}
	return entry
}

// checkpoint returns the signed root hash of a tree with one entry (c2sp.org,
// "tlog-checkpoint").
func checkpoint(key *ecdsa.PrivateKey, name, shard string, root []byte) string {
	text := fmt.Sprintf("%s%s\n1\n%s\n", name, shard, base64.StdEncoding.EncodeToString(root))
	id := keyID(key)
	signature := append(bytes.Clone(id[:4]), sign(key, []byte(text))...)
	return text + "\n— " + name + " " + base64.StdEncoding.EncodeToString(signature) + "\n"
}

// leafHash returns the hash of an entry (RFC 6962, section 2.1).
func leafHash(text []byte) []byte {
	hash := sha256.Sum256(append([]byte{0}, text...))
	return hash[:]
}

// hostname returns a host without its port.
func hostname(host string) string { return (&url.URL{Host: host}).Hostname() }

// request2 is the body of a request to Rekor 2.
type request2 struct {
	Request struct {
		Digest    []byte `json:"digest"`
		Signature struct {
			Content  []byte `json:"content"`
			Verifier struct {
				KeyDetails  string `json:"keyDetails"`
				Certificate struct {
					Raw []byte `json:"rawBytes"`
				} `json:"x509Certificate"`
			} `json:"verifier"`
		} `json:"signature"`
	} `json:"hashedRekordRequestV002"`
}

// serveEntry2 adds an entry to Rekor 2.
func (s *Sigstore) serveEntry2(w http.ResponseWriter, r *http.Request, body []byte) {
	var request request2
	if err := json.Unmarshal(body, &request); err != nil || len(request.Request.Digest) != sha256.Size {
		answer(w, http.StatusBadRequest, problem{invalidArgument, "invalid hashedrekord request"})
		return
	}
	signature := request.Request.Signature
	text, err := json.Marshal(map[string]any{"apiVersion": "0.0.2", "kind": "hashedrekord", "spec": map[string]any{
		"hashedRekordV002": map[string]any{
			"data": map[string]any{"algorithm": "SHA2_256", "digest": request.Request.Digest},
			"signature": map[string]any{"content": signature.Content, "verifier": map[string]any{
				"keyDetails": signature.Verifier.KeyDetails, "x509Certificate": map[string]any{"rawBytes": signature.Verifier.Certificate.Raw},
			}},
		},
	}})
	if err != nil {
		answer(w, http.StatusBadRequest, problem{invalidArgument, err.Error()})
		return
	}
	id, root := keyID(s.keys.log2), leafHash(text)
	answer(w, http.StatusCreated, map[string]any{
		"logIndex": "0", "logId": map[string]any{"keyId": id[:]}, "canonicalizedBody": text,
		"kindVersion": map[string]any{"kind": "hashedrekord", "version": "0.0.2"},
		"inclusionProof": map[string]any{
			"logIndex": "0", "treeSize": "1", "rootHash": root, "hashes": []string{},
			"checkpoint": map[string]any{"envelope": checkpoint(s.keys.log2, hostname(r.Host), "", root)},
		},
	})
}
