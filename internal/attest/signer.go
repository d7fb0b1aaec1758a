package attest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"golang.org/x/sync/errgroup"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/registry/retry"
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
	identity *identity
	verifier *Verifier
}

// Bundle is a signed statement that the run has verified.
type Bundle struct {
	Raw       []byte // JSON, without a newline
	Statement Statement
	LogIndex  int64 // the index in the log, or -1
	Result    *Result
}

// Open gets the identity token and the certificate of the job.
func (s *Signer) Open(ctx context.Context) (*Session, error) {
	c := newCaller(s.Transport, s.UserAgent, s.Sleep)
	token, err := c.identityToken(ctx, s.Job)
	if err != nil {
		return nil, err
	}
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
	id, err := c.newIdentity(ctx, instance.authority, token, claims)
	if err != nil {
		return nil, err
	}
	now := time.Now
	if s.Clock != nil {
		now = s.Clock
	}
	if err := id.checkClock(now()); err != nil {
		return nil, err
	}
	if err := checkIdentity(id, claims); err != nil {
		return nil, err
	}
	return &Session{claims, instance, c, id, verifier}, nil
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
	out := &Bundle{Statement: statement, LogIndex: -1}
	for _, entry := range bundle.Material.Entries {
		out.LogIndex = entry.LogIndex
	}
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
	result, err := s.verifier.Verify(b.Raw, digest, s.policy(b.Statement.PredicateType))
	if err != nil {
		return nil, notValid(err)
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
		return notValid(fmt.Errorf("the certificate belongs to another key"))
	}
	got, err := summarize(id.certificate)
	if err != nil {
		return notValid(err)
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
			return notValid(fmt.Errorf("the certificate has the %s %q, but the identity token has %q", field.name, field.got, field.want))
		}
	}
	return nil
}

func notValid(err error) error {
	return &diag.Error{
		Code: CodeOwnCheck, Side: diag.Sigstore, Title: "The attestation of this run is not valid, so the run does not store it", Err: err,
		Hint: "Update ghcr-publish, because this release possibly does not know the current keys of Sigstore. To publish without an attestation, set attest: false.",
	}
}
