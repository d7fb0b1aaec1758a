package attest

import (
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// Verifier verifies bundles. A Verifier is safe for concurrent use.
type Verifier struct {
	roots []*trustedRoot
}

// Result contains the facts about a valid attestation. All facts come from the certificate
// and the signed statement.
type Result struct {
	PredicateType string
	Subjects      []string // ALGORITHM:HEX
	Signer        string   // the URL of the workflow file that signed, and its reference
	Issuer        string
	Repository    string // URL
	Owner         string // URL
	Workflow      string // the URL of the workflow file of the run, and its reference
	Ref, Commit   string
	Run           string // the URL of the run
	Runner        string // github-hosted or self-hosted
	Authority     string // the name of the certificate authority
	LogIndex      int64  // the index of the entry in the log, or -1
	InCertLog     bool   // the certificate contains the proof of a certificate log
	Time          time.Time
}

// NewVerifier returns a verifier for one or more trusted roots, as JSON values.
func NewVerifier(file []byte) (*Verifier, error) {
	roots, err := readRoots(file)
	if err != nil {
		return nil, rootError(err)
	}
	return &Verifier{roots}, nil
}

// Verify returns the facts about a bundle if the bundle is a valid attestation of the digest
// and meets the policy.
func (v *Verifier) Verify(raw []byte, digest v1.Hash, policy Policy) (*Result, error) {
	if err := policy.Validate(); err != nil {
		return nil, err
	}
	bundle, err := readBundle(raw)
	if err != nil {
		return nil, err
	}
	found, err := v.check(bundle)
	if err != nil {
		return nil, err
	}
	out, err := summarize(bundle.leaf)
	if err != nil {
		return nil, err
	}
	out.Time, out.LogIndex = found.time, found.logIndex
	if err := out.addStatement(bundle.Envelope.Payload, digest); err != nil {
		return nil, err
	}
	return out, policy.check(out)
}

// UnknownAuthorityError is the error for a certificate of an authority that no trusted root
// contains.
type UnknownAuthorityError struct{ Authority string }

// Error returns a message that names the authority.
func (e *UnknownAuthorityError) Error() string {
	return fmt.Sprintf("no trusted root contains the certificate authority that issued the certificate of the signer, %q", e.Authority)
}

// check verifies a bundle with the keys of each instance that has the certificate authority.
func (v *Verifier) check(b *parsedBundle) (*proved, error) {
	var problems []error
	for _, root := range v.roots {
		if !root.issued(b.leaf) {
			continue
		}
		out, err := root.check(b)
		if err == nil {
			return out, nil
		}
		problems = append(problems, err)
	}
	if len(problems) == 0 {
		return nil, &UnknownAuthorityError{b.leaf.Issuer.String()}
	}
	return nil, errors.Join(problems...)
}

// addStatement reads a verified statement, and checks that it describes a digest.
func (r *Result) addStatement(payload []byte, digest v1.Hash) error {
	statement, err := readStrictly[signedStatement](payload, "statement")
	if err != nil {
		return err
	}
	if statement.Type != statementType && statement.Type != statementType01 {
		return fmt.Errorf("the statement has the type %q", statement.Type)
	}
	r.PredicateType = statement.PredicateType
	found := false
	for _, subject := range statement.Subject {
		for algorithm, hex := range subject.Digest {
			r.Subjects = append(r.Subjects, algorithm+":"+hex)
			found = found || algorithm == digest.Algorithm && hex == digest.Hex
		}
	}
	if !found {
		return fmt.Errorf("the statement does not describe the digest %s", digest)
	}
	return nil
}

// summarize returns the facts of a certificate.
func summarize(c *x509.Certificate) (*Result, error) {
	out := &Result{Authority: c.Issuer.String()}
	switch {
	case len(c.URIs) > 0:
		out.Signer = c.URIs[0].String()
	case len(c.EmailAddresses) > 0:
		out.Signer = c.EmailAddresses[0]
	default:
		return nil, errors.New("the certificate contains no name of a signer")
	}
	// Fulcio, docs/oid-info.md. The values are encoded as UTF8String.
	fields := map[int]*string{
		8: &out.Issuer, 11: &out.Runner, 12: &out.Repository, 13: &out.Commit, 14: &out.Ref,
		16: &out.Owner, 18: &out.Workflow, 21: &out.Run,
	}
	prefix := asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 57264, 1}
	for _, e := range c.Extensions {
		out.InCertLog = out.InCertLog || e.Id.Equal(logProofs())
		last := len(e.Id) - 1
		if last != len(prefix) || !e.Id[:last].Equal(prefix) || fields[e.Id[last]] == nil {
			continue
		}
		if rest, err := asn1.Unmarshal(e.Value, fields[e.Id[last]]); err != nil || len(rest) > 0 {
			return nil, fmt.Errorf("the extension %s of the certificate cannot be read", e.Id)
		}
	}
	return out, nil
}
