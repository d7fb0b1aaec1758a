// Package forge creates bundles of attestations: bundles that every verifier must accept, and
// forgeries that no verifier may accept. The bundles are signed with sigstore-go and an
// embedded Sigstore, so the package shares no code with the package that it tests.
package forge

import (
	"context"
	"crypto"
	"encoding/json"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sigstore/sigstore-go/pkg/sign"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest/sigstore"
)

// The policy of the consumer who judges the bundles. The issuer is [sigstore.Issuer].
const (
	Repository = "acme/web"
	Workflow   = "acme/web/.github/workflows/publish.yml"
	Ref        = "refs/heads/main"
)

// The types of statements and their content.
const (
	provenance  = "https://slsa.dev/provenance/v1"
	statement1  = "https://in-toto.io/Statement/v1"
	statement01 = "https://in-toto.io/Statement/v0.1"
	inToto      = "application/vnd.in-toto+json"
)

// Case is a bundle for the image that a consumer wants to verify.
type Case struct {
	Name   string
	Good   bool   // verifiers must accept the bundle
	Logs   bool   // the instance of Sigstore has logs
	Bundle []byte // JSON
	Root   []byte // the trusted root of the consumer, as JSON
}

// Cases returns all bundles for an image. The digest has the form sha256:HEX.
func Cases(tb testing.TB, digest string) []Case {
	tb.Helper()
	public, private := newInstance(tb, sigstore.PublicGood), newInstance(tb, sigstore.GitHub)
	all := goodCases(public, private, digest)
	all = append(all, public.identities(digest)...)
	all = append(all, public.proofs(digest)...)
	all = append(all, public.contents(digest)...)
	all = append(all, public.changes(digest, "")...)
	all = append(all, private.changes(digest, ", without logs")...)
	all = append(all, public.forms(digest)...)
	all = append(all, public.roots(digest)...)
	return append(all, private.timestamps(digest)...)
}

// instance is an embedded Sigstore on a loopback port. The offset moves its clock.
type instance struct {
	tb       testing.TB
	services *sigstore.Sigstore
	url      string
	offset   atomic.Int64
	logs     bool
}

func newInstance(tb testing.TB, form sigstore.Form) *instance {
	tb.Helper()
	i := &instance{tb: tb, logs: form == sigstore.PublicGood}
	var err error
	i.services, err = sigstore.New(sigstore.Config{Form: form, Clock: func() time.Time {
		return time.Now().Add(time.Duration(i.offset.Load()))
	}})
	i.check(err)
	server := httptest.NewServer(i.services)
	tb.Cleanup(server.Close)
	i.url = server.URL
	return i
}

func (i *instance) check(err error) {
	i.tb.Helper()
	if err != nil {
		i.tb.Fatal(err)
	}
}

// root returns the trusted root of the instance.
func (i *instance) root() []byte { return i.services.TrustedRoot(i.url) }

// forged returns a bundle that verifiers must refuse.
func (i *instance) forged(name string, b bundle) Case {
	return Case{Name: name, Logs: i.logs, Bundle: i.encode(b), Root: i.root()}
}

// good returns a bundle that verifiers must accept.
func (i *instance) good(name string, b bundle) Case {
	c := i.forged(name, b)
	c.Good = true
	return c
}

func (i *instance) encode(value any) []byte {
	i.tb.Helper()
	raw, err := json.Marshal(value)
	i.check(err)
	return raw
}

// job describes how a job signs a statement.
type job struct {
	claims      sigstore.Claims
	statement   string
	payloadType string
	rekor       uint32                                                  // version of the log, 0 for no log
	untimed     bool                                                    // without a timestamp
	later       time.Duration                                           // between the certificate and the signature
	issue       func(crypto.PublicKey, sigstore.Claims) ([]byte, error) // issues the certificate
}

// genuine returns a job of the repository that signs the provenance of an image.
func (i *instance) genuine(digest string) job {
	j := job{
		claims: sigstore.JobClaims(Repository, "public"), statement: statement(statement1, provenance, digest),
		payloadType: inToto, issue: i.services.Certificate,
	}
	if i.logs {
		j.rekor = 1
	}
	return j
}

// sign signs a statement, and adds the proofs of the instance.
func (i *instance) sign(j job) bundle {
	i.tb.Helper()
	key, err := sign.NewEphemeralKeypair(nil)
	i.check(err)
	options := sign.BundleOptions{Context: i.tb.Context(), CertificateProvider: authority{i, j}}
	if !j.untimed {
		options.TimestampAuthorities = []*sign.TimestampAuthority{sign.NewTimestampAuthority(&sign.TimestampAuthorityOptions{URL: i.url + "/api/v1/timestamp"})}
	}
	if j.rekor > 0 {
		options.TransparencyLogs = []sign.Transparency{sign.NewRekor(&sign.RekorOptions{BaseURL: i.url, Version: j.rekor})}
	}
	signed, err := sign.Bundle(&sign.DSSEData{Data: []byte(j.statement), PayloadType: j.payloadType}, key, options)
	i.offset.Store(0)
	i.check(err)
	raw, err := protojson.Marshal(signed)
	i.check(err)
	var out bundle
	i.check(json.Unmarshal(raw, &out))
	return out
}

// authority issues the certificate of a job.
type authority struct {
	*instance
	job job
}

// GetCertificate implements [sign.CertificateProvider], and then moves the clock of the
// instance.
func (a authority) GetCertificate(_ context.Context, key sign.Keypair, _ *sign.CertificateProviderOptions) ([]byte, error) {
	raw, err := a.job.issue(key.GetPublicKey(), a.job.claims)
	a.offset.Store(int64(a.job.later))
	return raw, err
}
