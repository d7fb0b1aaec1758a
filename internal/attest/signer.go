package attest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"golang.org/x/sync/errgroup"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/registry/retry"
	"github.com/ghcr-publish/ghcr-publish/internal/secret"
)

// CodeOwnCheck means that a bundle that the run made is not valid. The run stores no such
// bundle.
const CodeOwnCheck = "attestation-not-valid"

// Signer makes attestations.
type Signer struct {
	Job Job
	// Sigstore is the value of the input "sigstore".
	Sigstore  string
	Transport http.RoundTripper // nil: [http.DefaultTransport]
	UserAgent string
	Sleep     retry.Sleeper    // nil: the real clock
	Clock     func() time.Time // nil: time.Now
}

// Session is the identity of the job. A session signs all statements of a run with one key.
type Session struct {
	Claims   *Claims
	Instance *Instance

	caller   *caller
	token    secret.Secret
	now      func() time.Time
	identity *identity // nil before the call of Certify
	verifier *Verifier
}

// Bundle is a signed statement that the run has verified.
type Bundle struct {
	Raw       []byte // JSON, without a newline
	Statement Statement
	Result    *Result
}

// Open gets the identity token and the certificate of the job.
func (s *Signer) Open(ctx context.Context) (*Session, error) {
	session, err := s.Identify(ctx)
	if err != nil {
		return nil, err
	}
	return session, session.Certify(ctx)
}

// Identify gets the identity token of the job. The session can check bundles, and can sign
// after a call of Certify.
func (s *Signer) Identify(ctx context.Context) (*Session, error) {
	c := newCaller(s.Transport, s.UserAgent, s.Sleep)
	c.hide(s.Job.Token)
	token, err := c.identityToken(ctx, s.Job)
	if err != nil {
		return nil, err
	}
	c.hide(token)
	claims, err := readClaims(token, s.Job.Server)
	if err != nil {
		return nil, err
	}
	instance, err := InstanceFor(s.Sigstore, claims)
	if err != nil {
		return nil, err
	}
	verifier, err := NewVerifier(instance.roots)
	if err != nil {
		return nil, err
	}
	out := &Session{Claims: claims, Instance: instance, caller: c, token: token, now: s.Clock, verifier: verifier}
	if out.now == nil {
		out.now = time.Now
	}
	return out, nil
}

// Certify creates a key, and gets the certificate of the job for this key.
func (s *Session) Certify(ctx context.Context) error {
	id, err := s.caller.newIdentity(ctx, s.Instance.authority, s.token, s.Claims)
	if err != nil {
		return err
	}
	if err := id.checkClock(s.now()); err != nil {
		return err
	}
	if err := checkIdentity(id, s.Claims); err != nil {
		return s.Instance.notValid(err)
	}
	s.identity = id
	return nil
}

// minValidity is the time for which the certificate must still be valid before a signature.
// The signature, the entry of the log and three repeated requests need less time.
const minValidity = 2 * time.Minute

// Certified reports whether the session has a certificate.
func (s *Session) Certified() bool { return s.identity != nil }

// CanSign reports whether the session has a certificate that is valid for long enough.
func (s *Session) CanSign() bool {
	return s.identity != nil && s.identity.certificate.NotAfter.Sub(s.now()) >= minValidity
}

// Accepts returns the facts about a bundle if the bundle is a valid attestation of the
// digest, and if it has the workflow, repository, Git reference and commit of this job.
func (s *Session) Accepts(raw []byte, digest v1.Hash, predicateType string) (*Result, error) {
	return s.verifier.Verify(raw, digest, s.policy(predicateType))
}

// Sign signs statements and verifies the bundles. The statements are signed concurrently.
func (s *Session) Sign(ctx context.Context, statements ...Statement) ([]*Bundle, error) {
	out := make([]*Bundle, len(statements))
	group, ctx := errgroup.WithContext(ctx)
	for i, statement := range statements {
		group.Go(func() (err error) {
			out[i], err = s.sign(ctx, statement)
			return err
		})
	}
	return out, group.Wait()
}

// sign signs and verifies one statement.
func (s *Session) sign(ctx context.Context, statement Statement) (*Bundle, error) {
	bundle, err := s.seal(ctx, statement)
	if err != nil {
		return nil, err
	}
	out := &Bundle{Statement: statement}
	if out.Raw, err = json.Marshal(bundle); err != nil {
		return nil, fmt.Errorf("writing the bundle: %w", err)
	}
	out.Result, err = s.check(out)
	return out, err
}

// seal signs one statement, and records the signature in the log and with a timestamp at
// the same time.
func (s *Session) seal(ctx context.Context, statement Statement) (*bundleJSON, error) {
	envelope, err := s.identity.seal(statement)
	if err != nil {
		return nil, err
	}
	out := &bundleJSON{MediaType: MediaType, Material: materialJSON{Certificate: &rawJSON{s.identity.certificate.Raw}}, Envelope: envelope}
	group, ctx := errgroup.WithContext(ctx)
	if s.Instance.log != "" {
		group.Go(func() error {
			entry, err := s.caller.record(ctx, s.Instance.log, envelope, s.identity.pem())
			if err == nil {
				out.Material.Entries = []entryJSON{*entry}
			}
			return err
		})
	}
	if s.Instance.timestamp != "" {
		group.Go(func() error {
			signed, err := s.caller.requestTimestamp(ctx, s.Instance.timestamp, envelope.Signatures[0].Signature)
			if err == nil {
				out.Material.Timestamps = &timestampsJSON{[]signedTimestampJSON{{signed}}}
			}
			return err
		})
	}
	return out, group.Wait()
}

// check verifies a bundle of this run with the policy of a consumer.
func (s *Session) check(b *Bundle) (*Result, error) {
	digest := v1.Hash{Algorithm: "sha256", Hex: b.Statement.Subject[0].Digest["sha256"]}
	result, err := s.Accepts(b.Raw, digest, b.Statement.PredicateType)
	if err != nil {
		return nil, s.Instance.notValid(err)
	}
	return result, nil
}

// policy is the policy of a consumer who knows everything about this job.
func (s *Session) policy(predicateType string) Policy {
	c := s.Claims
	return Policy{
		Server: c.Server, Repo: c.Repository, Issuer: c.Issuer, Identity: c.signer(),
		SourceRef: c.Ref, SourceDigest: c.Commit, PredicateType: predicateType,
	}
}

// checkIdentity compares the certificate with the key and with the claims.
func checkIdentity(id *identity, c *Claims) error {
	if !id.hasKey() {
		return errors.New("the certificate belongs to another key")
	}
	got, err := summarize(id.certificate)
	if err != nil {
		return err
	}
	for _, field := range []struct{ name, got, want string }{
		{"signer", got.Signer, c.signer()},
		{"issuer", got.Issuer, c.Issuer},
		{"repository", got.Repository, c.repositoryURL()},
		{"reference", got.Ref, c.Ref},
		{"commit", got.Commit, c.Commit},
		{"run", got.Run, c.run()},
	} {
		if field.got != field.want {
			return fmt.Errorf("the certificate has the %s %q, but the identity token has %q", field.name, field.got, field.want)
		}
	}
	return nil
}

// notValid returns the error for an attestation of this run that is not valid. The most
// probable cause is a new key of the instance.
func (i *Instance) notValid(err error) error {
	hint := `Update ghcr-publish, because this release possibly does not know the current keys of Sigstore. Until then, set the input sigstore to a folder with a signing_config.json, and with the output of "gh attestation trusted-root" as trusted_root.json. To publish without an attestation, set attest: false.`
	if i.folder {
		hint = "Write the current keys of your Sigstore to " + rootFile + " in the folder of the input sigstore. To publish without an attestation, set attest: false."
	}
	return &diag.Error{
		Code: CodeOwnCheck, Side: diag.Sigstore, Title: "The attestation of this run is not valid, so the run does not store it", Err: err, Hint: hint,
	}
}
