package attest

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"path"
	"strings"
)

// rekorPath is the path of the entries of a log (Rekor, version 1).
const rekorPath = "/api/v1/log/entries"

// proposal is a request to add an entry of the kind dsse 0.0.1.
type proposal struct {
	APIVersion string       `json:"apiVersion"`
	Kind       string       `json:"kind"`
	Spec       proposalSpec `json:"spec"`
}

type proposalSpec struct {
	Content proposedContent `json:"proposedContent"`
}

type proposedContent struct {
	Envelope  string   `json:"envelope"`
	Verifiers [][]byte `json:"verifiers"`
}

// logEntry is an entry in the response of the log.
type logEntry struct {
	Body           []byte `json:"body"`
	IntegratedTime int64  `json:"integratedTime"`
	LogID          string `json:"logID"`
	LogIndex       int64  `json:"logIndex"`
	Verification   struct {
		Timestamp []byte `json:"signedEntryTimestamp"`
		Proof     struct {
			LogIndex   int64    `json:"logIndex"`
			RootHash   string   `json:"rootHash"`
			TreeSize   int64    `json:"treeSize"`
			Hashes     []string `json:"hashes"`
			Checkpoint string   `json:"checkpoint"`
		} `json:"inclusionProof"`
	} `json:"verification"`
}

// record adds an envelope to the log. If the log already has the entry, which happens after
// a repeated request, record reads the entry.
func (c *caller) record(ctx context.Context, log string, envelope envelopeJSON, certificate []byte) (*entryJSON, error) {
	text, err := json.Marshal(envelope)
	if err != nil {
		return nil, err
	}
	body, err := json.Marshal(proposal{dsseEntry.Version, dsseEntry.Kind, proposalSpec{proposedContent{string(text), [][]byte{certificate}}}})
	if err != nil {
		return nil, err
	}
	r := request{
		service: "transparency log", method: http.MethodPost, url: log + rekorPath, body: body,
		header: map[string]string{"Content-Type": "application/json", "Accept": "application/json"},
	}
	resp, err := c.do(ctx, r, http.StatusCreated, http.StatusConflict)
	if err != nil {
		return nil, err
	}
	if resp.status == http.StatusConflict {
		if resp, err = c.existing(ctx, log, resp.header.Get("Location")); err != nil {
			return nil, err
		}
	}
	entry, err := readEntry(resp.body)
	if err == nil && !entry.contains(envelope, certificate) {
		err = errors.New("the entry of the log belongs to another signature")
	}
	if err != nil {
		return nil, r.refused(err)
	}
	return entry, nil
}

// existing reads the entry that the header Location of a conflict names.
func (c *caller) existing(ctx context.Context, log, location string) (*response, error) {
	id := path.Base(location)
	r := request{
		service: "transparency log", method: http.MethodGet, url: log + rekorPath + "/" + id,
		header: map[string]string{"Accept": "application/json"},
	}
	if _, err := hex.DecodeString(id); err != nil {
		return nil, r.refused(errors.New("the log has the entry already, but does not name it"))
	}
	return c.do(ctx, r, http.StatusOK)
}

// readEntry converts a response of the log to the form of a bundle.
func readEntry(body []byte) (*entryJSON, error) {
	var entries map[string]logEntry
	if err := json.Unmarshal(body, &entries); err != nil || len(entries) != 1 {
		return nil, errors.New("the response contains no entry")
	}
	out := &entryJSON{Kind: dsseEntry}
	for _, e := range entries {
		proof := e.Verification.Proof
		out.LogIndex, out.IntegratedTime, out.Body = e.LogIndex, e.IntegratedTime, e.Body
		out.Promise.Timestamp = e.Verification.Timestamp
		out.Proof = proofJSON{LogIndex: proof.LogIndex, TreeSize: proof.TreeSize, Hashes: [][]byte{}, Checkpoint: checkpointJSON{proof.Checkpoint}}
		var err error
		unhex := func(text string) []byte {
			raw, decodeErr := hex.DecodeString(text)
			err = errors.Join(err, decodeErr)
			return raw
		}
		out.LogID.ID, out.Proof.RootHash = unhex(e.LogID), unhex(proof.RootHash)
		for _, hash := range proof.Hashes {
			out.Proof.Hashes = append(out.Proof.Hashes, unhex(hash))
		}
		if err != nil {
			return nil, fmt.Errorf("the response contains a malformed hash: %w", err)
		}
	}
	return out, nil
}

// contains reports whether an entry belongs to an envelope and a certificate.
func (e *entryJSON) contains(envelope envelopeJSON, certificate []byte) bool {
	var body struct {
		Spec struct {
			Signatures []struct {
				Signature []byte `json:"signature"`
				Verifier  []byte `json:"verifier"`
			} `json:"signatures"`
		} `json:"spec"`
	}
	if json.Unmarshal(e.Body, &body) != nil || len(body.Spec.Signatures) != 1 {
		return false
	}
	signed := body.Spec.Signatures[0]
	return bytes.Equal(signed.Signature, envelope.Signatures[0].Signature) &&
		strings.TrimSpace(string(signed.Verifier)) == strings.TrimSpace(string(certificate))
}
