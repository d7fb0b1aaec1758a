package attest

import (
	"bytes"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/sigstore/timestamp-authority/v2/pkg/verification"
)

// MaxBundle is the maximum size of a bundle, in bytes. The largest bundle contains an SBOM,
// which is encoded in base64.
const MaxBundle = 24 << 20

// maxProofs is the maximum number of log entries and of timestamps in a bundle. sigstore-go
// has the same limit.
const maxProofs = 32

// mediaType03 is another spelling of MediaType.
const mediaType03 = "application/vnd.dev.sigstore.bundle+json;version=0.3"

// parsedBundle is a bundle in a form that the program verifies.
type parsedBundle struct {
	bundleJSON
	leaf *x509.Certificate
}

// signature returns the signature over the statement.
func (b *parsedBundle) signature() []byte { return b.Envelope.Signatures[0].Signature }

// signed returns the signed text.
func (b *parsedBundle) signed() []byte { return signedText(b.Envelope.PayloadType, b.Envelope.Payload) }

// readBundle reads a bundle, and refuses all forms that the program does not verify.
func readBundle(raw []byte) (*parsedBundle, error) {
	if len(raw) > MaxBundle {
		return nil, fmt.Errorf("the bundle has more than %d bytes", MaxBundle)
	}
	read, err := readStrictly[bundleJSON](raw, "bundle")
	if err != nil {
		return nil, err
	}
	out := &parsedBundle{bundleJSON: *read}
	return out, out.checkForm()
}

// checkForm checks the form of a bundle, and reads its certificate.
func (b *parsedBundle) checkForm() (err error) {
	material := b.Material
	switch {
	case b.MediaType != MediaType && b.MediaType != mediaType03:
		return fmt.Errorf("the bundle has the media type %q, but the program verifies only version 0.3", b.MediaType)
	case len(b.Message) > 0 || len(b.Envelope.Payload) == 0:
		return errors.New("the bundle contains no statement")
	case len(b.Envelope.Signatures) != 1 || len(b.signature()) == 0:
		return fmt.Errorf("the statement has %d signatures, but the program verifies only statements with one signature", len(b.Envelope.Signatures))
	case b.Envelope.PayloadType != payloadType:
		return fmt.Errorf("the statement has the payload type %q", b.Envelope.PayloadType)
	case len(material.Chain) > 0:
		return errors.New("the bundle contains a certificate chain, but version 0.3 has only the certificate of the workflow")
	case len(material.PublicKey) > 0 || material.Certificate == nil:
		return errors.New("the bundle contains no certificate of a workflow")
	case len(material.Entries) > maxProofs || material.Timestamps != nil && len(material.Timestamps.Signed) > maxProofs:
		return fmt.Errorf("the bundle contains more than %d log entries or timestamps", maxProofs)
	}
	for _, entry := range material.Entries {
		if entry.Proof.Checkpoint.Envelope == "" {
			return errors.New("a log entry contains no inclusion proof")
		}
	}
	if b.leaf, err = x509.ParseCertificate(material.Certificate.Raw); err != nil {
		return fmt.Errorf("reading the certificate: %w", err)
	}
	return nil
}

// proved contains the facts that the proofs of a valid bundle show.
type proved struct {
	time     time.Time // the first of the proved times of the signature
	logIndex int64     // the index of the entry in a known log, or -1
}

// check verifies a bundle with the keys of one instance. The root determines the necessary
// proofs. If the instance has a transparency log, the log must contain the signature. If the
// instance has a log of certificates, this log must contain the certificate. A log or a
// timestamp authority must prove the time.
func (r *trustedRoot) check(b *parsedBundle) (*proved, error) {
	entries, err := r.checkEntries(b)
	if err != nil {
		return nil, err
	}
	if len(r.logs) > 0 && len(entries.logs) == 0 {
		return nil, errors.New("no known transparency log contains the signature")
	}
	stamped, err := r.checkTimestamps(b)
	times := slices.Concat(entries.times, stamped)
	if len(times) == 0 {
		return nil, errors.Join(errors.New("no known log or timestamp authority proves the time of the signature"), err)
	}
	for _, at := range times {
		if err := r.checkTime(b.leaf, at, entries.logs); err != nil {
			return nil, err
		}
	}
	if !verifySignature(b.leaf.PublicKey, b.signed(), b.signature()) {
		return nil, errors.New("the signature does not belong to the statement and the certificate")
	}
	return &proved{slices.MinFunc(times, time.Time.Compare), entries.index}, nil
}

// checkTime verifies that the certificate was valid at a time of the signature, and that the
// keys of its authority and of the logs were in use.
func (r *trustedRoot) checkTime(leaf *x509.Certificate, at time.Time, logs []*logKey) error {
	chains, err := r.chains(leaf, at)
	if err != nil {
		return err
	}
	for _, log := range logs {
		if !log.valid.contains(at) {
			return fmt.Errorf("the key of the log %s was not in use at %s", log.host, at.UTC().Format(time.RFC3339))
		}
	}
	if len(r.ctLogs) > 0 {
		return r.checkLogged(chains[0])
	}
	return nil
}

// checkTimestamps returns the times of the valid timestamps over the signature. The error
// contains the reasons why other timestamps are not valid.
func (r *trustedRoot) checkTimestamps(b *parsedBundle) (times []time.Time, problems error) {
	if b.Material.Timestamps == nil {
		return nil, nil
	}
	for _, signed := range b.Material.Timestamps.Signed {
		at, err := r.checkTimestamp(signed.Timestamp, b.signature())
		if err != nil {
			problems = errors.Join(problems, err)
			continue
		}
		times = append(times, at)
	}
	return times, problems
}

// checkTimestamp verifies one timestamp with all timestamp authorities (RFC 3161).
func (r *trustedRoot) checkTimestamp(raw, signature []byte) (time.Time, error) {
	problems := errors.New("no known timestamp authority signed the timestamp")
	for _, a := range r.timestamps {
		last := len(a.chain) - 1
		options := verification.VerifyOpts{Roots: a.chain[last:]}
		if last > 0 {
			options.TSACertificate, options.Intermediates = a.chain[0], a.chain[1:last]
		}
		found, err := verification.VerifyTimestampResponse(raw, bytes.NewReader(signature), options)
		if err == nil && a.valid.contains(found.Time) {
			return found.Time, nil
		}
		problems = errors.Join(problems, err)
	}
	return time.Time{}, problems
}
