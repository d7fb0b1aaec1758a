package attest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sigstore/sigstore-go/pkg/sign"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest/sigstore"
)

func TestGoodBundlesAreValid(t *testing.T) {
	t.Parallel()
	public, private := newRig(t, sigstore.PublicGood), newRig(t, sigstore.GitHub)
	session := public.open(job())
	good := public.seal(session, provenanceOf(t, session, "index", "image"))
	predicate := json.RawMessage("{}")
	unnamed := provenanceOf(t, session, "image")
	unnamed.Subject[0].Name = ""
	reusable := public.open(job().With("job_workflow_ref", "acme/workflows/.github/workflows/ship.yml@refs/tags/v1"))
	enterprise := public.open(job().With("iss", "https://token.actions.githubusercontent.com/acme-corp"))
	hidden := private.open(sigstore.JobClaims("acme/web", "private"))

	cases := []struct {
		name   string
		rig    *rig
		raw    []byte
		policy Policy
	}{
		{"log and timestamp", public, encode(t, good), ours()},
		{"log alone", public, change(t, good, func(b map[string]any) { delete(object(b, "verificationMaterial"), "timestampVerificationData") }), ours()},
		{"the form of GitHub", private, encode(t, private.seal(hidden, provenanceOf(t, hidden, "image"))), ours()},
		{"the other spelling of the media type", public, change(t, good, func(b map[string]any) { b["mediaType"] = mediaType03 }), ours()},
		{"a statement of version 0.1, as cosign attest writes it", public, encode(t, public.seal(session, Statement{statementType01, unnamed.Subject, Provenance, predicate})), ours()},
		{"a signature of cosign, whose subject has no name", public, encode(t, public.seal(session, Statement{statementType, unnamed.Subject, "https://sigstore.dev/cosign/sign/v1", predicate})),
			Policy{Repo: "acme/web", PredicateType: "https://sigstore.dev/cosign/sign/v1"}},
		{"a reusable workflow", public, encode(t, public.seal(reusable, provenanceOf(t, reusable, "image"))), Policy{Repo: "acme/web", SignerWorkflow: "acme/workflows/.github/workflows/ship.yml"}},
		{"a reusable workflow of a repository", public, encode(t, public.seal(reusable, provenanceOf(t, reusable, "image"))), Policy{Owner: "acme", SignerRepo: "Acme/Workflows"}},
		{"an issuer with the slug of an enterprise", public, encode(t, public.seal(enterprise, provenanceOf(t, enterprise, "image"))), Policy{Repo: "acme/web", Issuer: "https://token.actions.githubusercontent.com/acme-corp"}},
		{"an owner in other case", public, encode(t, good), Policy{Owner: "ACME"}},
		{"an exact identity", public, encode(t, good), Policy{Repo: "acme/web", Identity: "https://github.com/acme/web/.github/workflows/publish.yml@refs/heads/main"}},
		{"log version 2, signed by sigstore-go", public, rekor2(t, public, unnamed), ours()},
	}
	for _, tc := range cases {
		result, err := tc.rig.verifier().Verify(tc.raw, digestOf("image"), tc.policy)
		if err != nil {
			t.Errorf("%s: %v", tc.name, err)
			continue
		}
		if result.Repository != "https://github.com/acme/web" || result.Time.IsZero() || result.Run == "" {
			t.Errorf("%s: got %+v", tc.name, result)
		}
		tc.rig.compare(tc.name, tc.raw, digestOf("image"))
	}
}

// rekor2 signs a statement with another client and with version 2 of the log.
func rekor2(t *testing.T, r *rig, statement Statement) []byte {
	t.Helper()
	key, err := sign.NewEphemeralKeypair(nil)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := sign.Bundle(&sign.DSSEData{Data: encode(t, statement), PayloadType: payloadType}, key, sign.BundleOptions{
		Context:                    t.Context(),
		CertificateProvider:        sign.NewFulcio(&sign.FulcioOptions{BaseURL: r.server.URL()}),
		CertificateProviderOptions: &sign.CertificateProviderOptions{IDToken: r.services.Token(job(), audience)},
		TimestampAuthorities:       []*sign.TimestampAuthority{sign.NewTimestampAuthority(&sign.TimestampAuthorityOptions{URL: r.server.URL() + "/api/v1/timestamp"})},
		TransparencyLogs:           []sign.Transparency{sign.NewRekor(&sign.RekorOptions{BaseURL: r.server.URL(), Version: 2})},
	})
	if err != nil {
		t.Fatal(err)
	}
	raw, err := protojson.Marshal(signed)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestVerifierReadsJSONLines(t *testing.T) {
	t.Parallel()
	r := newRig(t, sigstore.PublicGood)
	own, err := os.ReadFile(filepath.Join(r.folder, rootFile))
	if err != nil {
		t.Fatal(err)
	}
	known, err := Roots()
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := NewVerifier(append(known, own...))
	if err != nil {
		t.Fatal(err)
	}
	session := r.open(job())
	if _, err := verifier.Verify(encode(t, r.seal(session, provenanceOf(t, session, "image"))), digestOf("image"), ours()); err != nil {
		t.Error(err)
	}
	for _, text := range []string{"", "x", `{"mediaType":"x"}`, strings.Repeat(string(own), maxRoots+1)} {
		if _, err := NewVerifier([]byte(text)); !diag.Is(err, CodeRoot) {
			t.Errorf("%.20q: got %v", text, err)
		}
	}
}

func TestPoliciesThatContradictThemselvesAreRefused(t *testing.T) {
	t.Parallel()
	cases := map[string]Policy{
		"nothing":              {},
		"only a reference":     {SourceRef: "refs/heads/main"},
		"a repository alone":   {Repo: "web"},
		"an owner with a name": {Owner: "acme/web"},
		"two owners":           {Repo: "acme/web", Owner: "other"},
		"two signers":          {Repo: "acme/web", SignerRepo: "acme/web", Identity: "x"},
		"a wrong pattern":      {Repo: "acme/web", IdentityRegex: "("},
		"a list of names":      {Repo: "acme/web,owner=acme"},
		"an empty name":        {Repo: "acme/"},
		"a name with a blank":  {Owner: "acme corp"},
		"a wrong signer":       {Owner: "acme", SignerRepo: "acme/web@v1"},
		"a workflow as a URL":  {Owner: "acme", SignerWorkflow: "https://github.com/acme/web/.github/workflows/a.yml"},
	}
	for name, policy := range cases {
		if err := policy.Validate(); !diag.Is(err, CodePolicy) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
