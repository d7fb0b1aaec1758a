package attest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"net/url"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest/sigstore"
)

// The values have the meanings of the flags of gh.
func TestPoliciesHaveTheMeaningOfTheFlagsOfGh(t *testing.T) {
	t.Parallel()
	r := newRig(t, sigstore.PublicGood)
	session := r.open(job())
	raw := encode(t, r.seal(session, provenanceOf(t, session, "image")))
	const workflow = "acme/web/.github/workflows/publish.yml"
	cases := map[string]struct {
		policy Policy
		valid  bool
	}{
		"a repository in other letters":       {Policy{Repo: "ACME/Web"}, true},
		"a repository and its owner":          {Policy{Repo: "acme/web", Owner: "Acme"}, true},
		"a workflow with a host":              {Policy{Owner: "acme", SignerWorkflow: "github.com/" + workflow}, true},
		"a workflow with another host":        {Policy{Owner: "acme", SignerWorkflow: "acme.ghe.com/" + workflow}, false},
		"a workflow with a Git reference":     {Policy{Owner: "acme", SignerWorkflow: workflow + "@refs/heads/main"}, true},
		"a workflow with a part of it":        {Policy{Owner: "acme", SignerWorkflow: workflow + "@refs/heads/mai"}, false},
		"the folder of the workflow":          {Policy{Owner: "acme", SignerWorkflow: "acme/web/.github/workflows"}, false},
		"a pattern of a part of the identity": {Policy{Owner: "acme", IdentityRegex: "workflows/publish"}, true},
		"a pattern of the whole identity":     {Policy{Owner: "acme", IdentityRegex: "^https://github.com/acme/web/.*@refs/heads/main$"}, true},
		"a pattern that starts too late":      {Policy{Owner: "acme", IdentityRegex: "^workflows/publish"}, false},
		"a signing repository":                {Policy{Owner: "acme", SignerRepo: "acme/web"}, true},
		"the start of a signing repository":   {Policy{Owner: "acme", SignerRepo: "acme/we"}, false},
		"a complete Git reference":            {Policy{Owner: "acme", SourceRef: "refs/heads/main"}, true},
		"a runner of GitHub":                  {Policy{Owner: "acme", DenySelfHosted: true}, true},
	}
	for name, tc := range cases {
		if _, err := r.verifier().Verify(raw, digestOf("image"), tc.policy); (err == nil) != tc.valid {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// A certificate without an extension meets no requirement about the extension.
func TestMissingExtensionsMeetNoRequirement(t *testing.T) {
	t.Parallel()
	whole := Result{
		PredicateType: Provenance, Signer: "https://github.com/acme/web/a.yml@x", Issuer: Issuer, Runner: githubHosted,
		Repository: "https://github.com/acme/web", Owner: "https://github.com/acme", Ref: "refs/heads/main", Commit: strings.Repeat("a", 40),
	}
	policy := Policy{Repo: "acme/web", SourceRef: whole.Ref, SourceDigest: whole.Commit, DenySelfHosted: true}
	if err := policy.check(&whole); err != nil {
		t.Fatal(err)
	}
	for want, edit := range map[string]func(*Result){
		"owner": func(r *Result) { r.Owner = "" }, "the repository": func(r *Result) { r.Repository = "" }, "issuer": func(r *Result) { r.Issuer = "" },
		"reference": func(r *Result) { r.Ref = "" }, "commit": func(r *Result) { r.Commit = "" }, "runner": func(r *Result) { r.Runner = "" },
		"type": func(r *Result) { r.PredicateType = "" }, "signer": func(r *Result) { r.Signer = "" },
	} {
		part := whole
		edit(&part)
		if err := policy.check(&part); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("without the %s: got %v", want, err)
		}
	}
}

// Two programs could read different values from a certificate with an extension twice.
func TestMalformedExtensionsAreRefused(t *testing.T) {
	t.Parallel()
	text := func(value string) pkix.Extension {
		return pkix.Extension{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 57264, 1, 12}, Value: []byte(value)}
	}
	const good = "\x0c\x03web"
	for name, extensions := range map[string][]pkix.Extension{
		"twice": {text(good), text("\x0c\x03api")}, "more text": {text(good + "x")}, "no text": {text("web")}, "nothing": {text("")},
	} {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		template := &x509.Certificate{SerialNumber: big.NewInt(1), URIs: []*url.URL{{Scheme: "https", Host: "x"}}, ExtraExtensions: extensions}
		raw, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
		if err != nil {
			t.Fatal(err)
		}
		certificate, err := x509.ParseCertificate(raw)
		if err == nil {
			_, err = summarize(certificate)
		}
		if err == nil {
			t.Errorf("%s: the certificate was accepted", name)
		}
	}
}
