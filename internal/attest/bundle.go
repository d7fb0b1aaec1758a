package attest

import (
	"encoding/json"
	"fmt"
)

// MediaType is the media type of a bundle, of the layer that contains a bundle, and the
// artifact type of its manifest (Sigstore, "Bundle" v0.3).
const MediaType = "application/vnd.dev.sigstore.bundle.v0.3+json"

// payloadType is the type of a signed statement (in-toto, "Envelope").
const payloadType = "application/vnd.in-toto+json"

// The form of a bundle as JSON (Sigstore, sigstore_bundle.proto). Numbers of 64 bits are
// texts, as in the JSON of protobuf.
type (
	bundleJSON struct {
		MediaType string       `json:"mediaType"`
		Material  materialJSON `json:"verificationMaterial"`
		Envelope  envelopeJSON `json:"dsseEnvelope"`
		// Message is the content of a bundle without a statement.
		Message json.RawMessage `json:"messageSignature,omitempty"`
	}
	materialJSON struct {
		Certificate *rawJSON        `json:"certificate,omitempty"`
		Entries     []entryJSON     `json:"tlogEntries,omitempty"`
		Timestamps  *timestampsJSON `json:"timestampVerificationData,omitempty"`
		// Chain and PublicKey replace the certificate in other forms of a bundle.
		Chain     json.RawMessage `json:"x509CertificateChain,omitempty"`
		PublicKey json.RawMessage `json:"publicKey,omitempty"`
	}
	rawJSON struct {
		Raw []byte `json:"rawBytes"`
	}
	timestampsJSON struct {
		Signed []signedTimestampJSON `json:"rfc3161Timestamps"`
	}
	signedTimestampJSON struct {
		Timestamp []byte `json:"signedTimestamp"`
	}
	envelopeJSON struct {
		Payload     []byte          `json:"payload"`
		PayloadType string          `json:"payloadType"`
		Signatures  []signatureJSON `json:"signatures"`
	}
	signatureJSON struct {
		Signature []byte `json:"sig"`
		KeyID     string `json:"keyid,omitempty"`
	}
	entryJSON struct {
		LogIndex       int64 `json:"logIndex,string"`
		LogID          keyID `json:"logId"`
		Kind           kind  `json:"kindVersion"`
		IntegratedTime int64 `json:"integratedTime,string"`
		Promise        struct {
			Timestamp []byte `json:"signedEntryTimestamp"`
		} `json:"inclusionPromise"`
		Proof proofJSON `json:"inclusionProof"`
		Body  []byte    `json:"canonicalizedBody"`
	}
	keyID struct {
		ID []byte `json:"keyId"`
	}
	kind struct {
		Kind    string `json:"kind"`
		Version string `json:"version"`
	}
	proofJSON struct {
		LogIndex   int64          `json:"logIndex,string"`
		RootHash   []byte         `json:"rootHash"`
		TreeSize   int64          `json:"treeSize,string"`
		Hashes     [][]byte       `json:"hashes"`
		Checkpoint checkpointJSON `json:"checkpoint"`
	}
	checkpointJSON struct {
		Envelope string `json:"envelope"`
	}
)

// seal signs a statement.
func (i *identity) seal(s Statement) (envelopeJSON, error) {
	payload, err := json.Marshal(s)
	if err != nil {
		return envelopeJSON{}, fmt.Errorf("writing the statement: %w", err)
	}
	signature, err := i.sign(signedText(payloadType, payload))
	if err != nil {
		return envelopeJSON{}, fmt.Errorf("signing the statement: %w", err)
	}
	return envelopeJSON{payload, payloadType, []signatureJSON{{Signature: signature}}}, nil
}

// signedText returns the text that a signature of an envelope covers (DSSE, protocol.md,
// "Signature Definition").
func signedText(payloadType string, payload []byte) []byte {
	return fmt.Appendf(nil, "DSSEv1 %d %s %d %s", len(payloadType), payloadType, len(payload), payload)
}
