package attest

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/note"
)

// The kinds of log entries that the program verifies. Version 1 of Rekor writes the kind
// dsse, and version 2 writes the kind hashedrekord.
var (
	dsseEntry   = kind{"dsse", "0.0.1"}
	hashedEntry = kind{"hashedrekord", "0.0.2"}
)

// entryBody is the text of an entry in the log.
type entryBody struct {
	Version string `json:"apiVersion"`
	Kind    string `json:"kind"`
	Spec    struct {
		PayloadHash struct {
			Algorithm string `json:"algorithm"`
			Value     string `json:"value"`
		} `json:"payloadHash"`
		Signatures []struct {
			Signature []byte `json:"signature"`
			Verifier  []byte `json:"verifier"`
		} `json:"signatures"`
		Hashed struct {
			Data struct {
				Algorithm string `json:"algorithm"`
				Digest    []byte `json:"digest"`
			} `json:"data"`
			Signature struct {
				Content  []byte `json:"content"`
				Verifier struct {
					Certificate rawJSON `json:"x509Certificate"`
				} `json:"verifier"`
			} `json:"signature"`
		} `json:"hashedRekordV002"`
	} `json:"spec"`
}

// loggedEntries contains the facts about the entries of a bundle in known logs.
type loggedEntries struct {
	logs  []*logKey   // the logs, one for each entry
	times []time.Time // the times at which logs promised to add an entry
	index int64       // the index of the first entry, or -1
}

// checkEntries verifies the entries of the transparency logs. The entries of unknown logs are
// ignored.
func (r *trustedRoot) checkEntries(b *parsedBundle) (*loggedEntries, error) {
	out, seen := &loggedEntries{index: -1}, map[string]bool{}
	for i := range b.Material.Entries {
		entry := &b.Material.Entries[i]
		name := fmt.Sprintf("%x %d", entry.LogID.ID, entry.LogIndex)
		if seen[name] {
			return nil, errors.New("the bundle contains a log entry twice")
		}
		seen[name] = true
		log := findLog(r.logs, entry.LogID.ID)
		if log == nil {
			continue
		}
		if err := log.checkEntry(entry, b); err != nil {
			return nil, fmt.Errorf("the entry %d of the log %s is not valid: %w", entry.LogIndex, log.host, err)
		}
		index := entry.Proof.LogIndex
		if len(entry.Promise.Timestamp) > 0 {
			index = entry.LogIndex // A log of version 1 consists of several trees.
			out.times = append(out.times, time.Unix(entry.IntegratedTime, 0))
		}
		if len(out.logs) == 0 {
			out.index = index
		}
		out.logs = append(out.logs, log)
	}
	return out, nil
}

// checkEntry verifies that an entry is in the log, and that it belongs to the signature of
// the bundle.
func (l *logKey) checkEntry(e *entryJSON, b *parsedBundle) error {
	var body entryBody
	if err := json.Unmarshal(e.Body, &body); err != nil {
		return fmt.Errorf("reading the entry: %w", err)
	}
	if found := (kind{body.Kind, body.Version}); found != e.Kind {
		return fmt.Errorf("the entry has the kind %q, but the bundle names the kind %q", found, e.Kind)
	}
	var matches bool
	var versioned string
	switch e.Kind {
	case dsseEntry:
		matches = body.isOfEnvelope(b)
	case hashedEntry:
		matches, versioned = body.isOfSignature(b), l.host
	default:
		return fmt.Errorf("the kind %s %s is unknown", e.Kind.Kind, e.Kind.Version)
	}
	if !matches {
		return errors.New("the entry belongs to another signature")
	}
	if len(e.Promise.Timestamp) > 0 {
		if err := l.checkPromise(e); err != nil {
			return err
		}
	}
	return l.checkInclusion(e, versioned)
}

// isOfEnvelope compares an entry of the kind dsse with a bundle.
func (e *entryBody) isOfEnvelope(b *parsedBundle) bool {
	hash := sha256.Sum256(b.Envelope.Payload)
	if len(e.Spec.Signatures) != 1 || e.Spec.PayloadHash.Algorithm != "sha256" || e.Spec.PayloadHash.Value != hex.EncodeToString(hash[:]) {
		return false
	}
	certificate, _ := pem.Decode(e.Spec.Signatures[0].Verifier)
	return certificate != nil && bytes.Equal(certificate.Bytes, b.leaf.Raw) &&
		bytes.Equal(e.Spec.Signatures[0].Signature, b.signature())
}

// isOfSignature compares an entry of the kind hashedrekord with a bundle.
func (e *entryBody) isOfSignature(b *parsedBundle) bool {
	hash, hashed := sha256.Sum256(b.signed()), e.Spec.Hashed
	return hashed.Data.Algorithm == "SHA2_256" && bytes.Equal(hashed.Data.Digest, hash[:]) &&
		bytes.Equal(hashed.Signature.Content, b.signature()) &&
		bytes.Equal(hashed.Signature.Verifier.Certificate.Raw, b.leaf.Raw)
}

// checkPromise verifies the signature of the log over the time of an entry. The keys of the
// signed JSON are sorted.
func (l *logKey) checkPromise(e *entryJSON) error {
	text, err := json.Marshal(struct {
		Body           []byte `json:"body"`
		IntegratedTime int64  `json:"integratedTime"`
		LogID          string `json:"logID"`
		LogIndex       int64  `json:"logIndex"`
	}{e.Body, e.IntegratedTime, hex.EncodeToString(e.LogID.ID), e.LogIndex})
	switch {
	case err != nil:
		return err
	case !verifySignature(l.key, text, e.Promise.Timestamp):
		return errors.New("the signature over the time of the entry is wrong")
	}
	return nil
}

// checkInclusion verifies the proof that the entry is in a tree whose root the log signed
// (RFC 6962, section 2.1.1). If the origin is set, the checkpoint must have this origin.
func (l *logKey) checkInclusion(e *entryJSON, origin string) error {
	size, root, err := l.checkpoint(e.Proof.Checkpoint.Envelope, origin)
	if err != nil {
		return err
	}
	if e.Proof.LogIndex < 0 || e.Proof.TreeSize < 0 || uint64(e.Proof.TreeSize) != size || !bytes.Equal(root, e.Proof.RootHash) {
		return errors.New("the proof and the checkpoint describe different trees")
	}
	leaf := rfc6962.DefaultHasher.HashLeaf(e.Body)
	return proof.VerifyInclusion(rfc6962.DefaultHasher, uint64(e.Proof.LogIndex), size, leaf, e.Proof.Hashes, root)
}

// checkpoint verifies a checkpoint, and returns the size and the root hash of the tree
// (c2sp.org, "tlog-checkpoint").
func (l *logKey) checkpoint(text, origin string) (size uint64, root []byte, err error) {
	signed, err := note.Open([]byte(text), noteVerifiers{l, origin})
	if err != nil {
		return 0, nil, fmt.Errorf("the checkpoint is not valid: %w", err)
	}
	lines := strings.Split(signed.Text, "\n")
	if len(lines) < 4 || origin != "" && lines[0] != origin {
		return 0, nil, errors.New("the checkpoint has another form or another origin")
	}
	size, err = strconv.ParseUint(lines[1], 10, 63)
	if err == nil {
		root, err = base64.StdEncoding.DecodeString(lines[2])
	}
	return size, root, err
}

// noteVerifiers finds the verifier of a log for the name in a signature. Version 1 of Rekor
// has no fixed name.
type noteVerifiers struct {
	log    *logKey
	origin string
}

// Verifier implements [note.Verifiers].
func (v noteVerifiers) Verifier(name string, hash uint32) (note.Verifier, error) {
	want := v.log.noteHash(name)
	if v.origin != "" && name != v.origin || binary.BigEndian.Uint32(want[:4]) != hash {
		return nil, &note.UnknownVerifierError{Name: name, KeyHash: hash}
	}
	return noteVerifier{v.log, name, hash}, nil
}

// noteVerifier verifies the signature of a log.
type noteVerifier struct {
	log  *logKey
	name string
	hash uint32
}

// Name implements [note.Verifier].
func (v noteVerifier) Name() string { return v.name }

// KeyHash implements [note.Verifier].
func (v noteVerifier) KeyHash() uint32 { return v.hash }

// Verify implements [note.Verifier].
func (v noteVerifier) Verify(text, signature []byte) bool {
	return verifySignature(v.log.key, text, signature)
}
