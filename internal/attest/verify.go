package attest

import (
	"bytes"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/sigstore/sigstore-go/pkg/bundle"
	"github.com/sigstore/sigstore-go/pkg/fulcio/certificate"
	"github.com/sigstore/sigstore-go/pkg/root"
	"github.com/sigstore/sigstore-go/pkg/verify"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
)

// CodeRoot means that a trusted root cannot be read.
const CodeRoot = "trusted-root-invalid"

// MaxBundle is the maximum size of a bundle, in bytes. The largest bundle contains an SBOM,
// which is encoded in base64.
const MaxBundle = 24 << 20

// maxRoots is the maximum number of trusted roots in a file.
const maxRoots = 16

// mediaType03 is another spelling of MediaType.
const mediaType03 = "application/vnd.dev.sigstore.bundle+json;version=0.3"

// Verifier verifies bundles. A Verifier is safe for concurrent use.
type Verifier struct {
	verifiers []*verify.Verifier
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
	Time          time.Time
}

// NewVerifier returns a verifier for one or more trusted roots, as JSON values.
func NewVerifier(file []byte) (*Verifier, error) {
	out := &Verifier{}
	decoder := json.NewDecoder(bytes.NewReader(file))
	for {
		var raw json.RawMessage
		err := decoder.Decode(&raw)
		if errors.Is(err, io.EOF) && len(out.verifiers) > 0 {
			return out, nil
		}
		if err != nil {
			return nil, rootError(err)
		}
		if len(out.verifiers) == maxRoots {
			return nil, rootError(fmt.Errorf("the file contains more than %d roots", maxRoots))
		}
		one, err := newVerifier(raw)
		if err != nil {
			return nil, rootError(err)
		}
		out.verifiers = append(out.verifiers, one)
	}
}

// newVerifier returns the verifier for one root. The root determines the necessary proofs:
// an instance with a log must prove that its log contains the signature, and an instance
// with a certificate log must prove that its log contains the certificate. The time of the
// signature is always proved.
func newVerifier(raw []byte) (*verify.Verifier, error) {
	trusted, err := root.NewTrustedRootFromJSON(raw)
	if err != nil {
		return nil, err
	}
	rules := []verify.VerifierOption{verify.WithObserverTimestamps(1), verify.WithoutStatementPredicate()}
	if len(trusted.RekorLogs()) > 0 {
		rules = append(rules, verify.WithTransparencyLog(1))
	}
	if len(trusted.CTLogs()) > 0 {
		rules = append(rules, verify.WithSignedCertificateTimestamps(1))
	}
	return verify.NewVerifier(trusted, rules...)
}

func rootError(err error) error {
	return &diag.Error{
		Code: CodeRoot, Side: diag.Input, Input: "trusted-root", Title: "The trusted root cannot be read", Err: err,
		Hint: `Write the output of "gh attestation trusted-root" to a file, and set trusted-root to this file.`,
	}
}

// Verify returns the facts about a bundle if the bundle is a valid attestation of the digest
// and meets the policy.
func (v *Verifier) Verify(raw []byte, digest v1.Hash, policy Policy) (*Result, error) {
	if err := policy.Validate(); err != nil {
		return nil, err
	}
	parsed, err := readBundle(raw)
	if err != nil {
		return nil, err
	}
	hash, err := hex.DecodeString(digest.Hex)
	if err != nil {
		return nil, fmt.Errorf("the digest %q is malformed: %w", digest, err)
	}
	// The policy is compared below, because the comparison names each requirement.
	wanted := verify.NewPolicy(verify.WithArtifactDigest(digest.Algorithm, hash), verify.WithoutIdentitiesUnsafe())
	var problems []error
	for _, one := range v.verifiers {
		verified, err := one.Verify(parsed, wanted)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		result, err := resultOf(verified)
		if err == nil {
			err = policy.check(result)
		}
		return result, err
	}
	return nil, errors.Join(problems...)
}

// readBundle reads a bundle, and refuses the forms that the program does not verify.
func readBundle(raw []byte) (*bundle.Bundle, error) {
	if len(raw) > MaxBundle {
		return nil, fmt.Errorf("the bundle has more than %d bytes", MaxBundle)
	}
	out := &bundle.Bundle{}
	if err := out.UnmarshalJSON(raw); err != nil {
		return nil, fmt.Errorf("reading the bundle: %w", err)
	}
	envelope := out.GetDsseEnvelope()
	switch {
	case out.GetMediaType() != MediaType && out.GetMediaType() != mediaType03:
		return nil, fmt.Errorf("the bundle has the media type %q, but the program verifies only version 0.3", out.GetMediaType())
	case envelope == nil:
		return nil, errors.New("the bundle contains no statement")
	case len(envelope.GetSignatures()) != 1:
		return nil, fmt.Errorf("the statement has %d signatures, but the program verifies only one", len(envelope.GetSignatures()))
	case envelope.GetPayloadType() != payloadType:
		return nil, fmt.Errorf("the statement has the payload type %q", envelope.GetPayloadType())
	case out.GetVerificationMaterial().GetCertificate() == nil:
		return nil, errors.New("the bundle contains no certificate of a workflow")
	}
	return out, nil
}

// resultOf returns the facts of a verified bundle.
func resultOf(verified *verify.VerificationResult) (*Result, error) {
	statement := verified.Statement
	if kind := statement.GetType(); kind != statementType && kind != statementType01 {
		return nil, fmt.Errorf("the statement has the type %q", kind)
	}
	out := facts(verified.Signature.Certificate)
	out.PredicateType = statement.GetPredicateType()
	for _, subject := range statement.GetSubject() {
		for algorithm, hash := range subject.GetDigest() {
			out.Subjects = append(out.Subjects, algorithm+":"+hash)
		}
	}
	for _, stamp := range verified.VerifiedTimestamps {
		if out.Time.IsZero() || stamp.Timestamp.Before(out.Time) {
			out.Time = stamp.Timestamp
		}
	}
	return out, nil
}

// summarize returns the facts of a certificate.
func summarize(c *x509.Certificate) (*Result, error) {
	summary, err := certificate.SummarizeCertificate(c)
	if err != nil {
		return nil, err
	}
	return facts(&summary), nil
}

func facts(c *certificate.Summary) *Result {
	return &Result{
		Signer: c.SubjectAlternativeName, Issuer: c.Issuer, Repository: c.SourceRepositoryURI,
		Owner: c.SourceRepositoryOwnerURI, Workflow: c.BuildConfigURI, Ref: c.SourceRepositoryRef,
		Commit: c.SourceRepositoryDigest, Run: c.RunInvocationURI, Runner: c.RunnerEnvironment,
		Authority: c.CertificateIssuer,
	}
}
