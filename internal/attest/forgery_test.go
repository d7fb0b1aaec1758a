package attest

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest/sigstore"
)

// ours is the policy of a consumer who knows the repository and the workflow.
func ours() Policy {
	return Policy{Repo: "acme/web", SignerWorkflow: "acme/web/.github/workflows/publish.yml", SourceRef: "refs/heads/main"}
}

func TestForgedBundlesAreRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t, sigstore.PublicGood)
	session := r.open(job())
	good := r.seal(session, provenanceOf(t, session, "image"))
	if _, err := r.verifier().Verify(encode(t, good), digestOf("image"), ours()); err != nil {
		t.Fatalf("the good bundle: %v", err)
	}
	edited := func(edit func(map[string]any)) []byte { return change(t, good, edit) }
	of := func(claims sigstore.Claims) []byte {
		s := r.open(claims)
		return encode(t, r.seal(s, provenanceOf(t, s, "image")))
	}
	firstEntry := func(b map[string]any) map[string]any {
		return object(b, "verificationMaterial")["tlogEntries"].([]any)[0].(map[string]any)
	}
	other := r.open(job())
	foreign := r.seal(other, provenanceOf(t, other, "foreign"))
	stranger := newRig(t, sigstore.PublicGood)
	strange := stranger.open(job())
	const workflow = "acme/web/.github/workflows/publish.yml"

	cases := []struct {
		name string
		raw  []byte
		want string // a part of the error
	}{
		{"a bundle of another image", encode(t, foreign), "digest"},
		{"another repository", of(sigstore.JobClaims("acme/other", "public")), "the repository is"},
		{"another owner", of(sigstore.JobClaims("mallory/web", "public")), "the owner of the repository is"},
		{"another workflow", of(job().With("job_workflow_ref", "acme/web/.github/workflows/test.yml@refs/heads/main")), "the signer is"},
		{"a workflow whose name begins with the name of ours", of(job().With("job_workflow_ref", workflow+"-evil.yml@refs/heads/main")), "the signer is"},
		{"a workflow of another repository", of(job().With("job_workflow_ref", "mallory/"+workflow+"@refs/heads/main")), "the signer is"},
		{"another Git reference", of(job().With("ref", "refs/heads/fork")), "the Git reference is"},
		{"another issuer", of(job().With("iss", "https://token.actions.githubusercontent.com/other")), "the issuer of the identity is"},
		{"another type of the statement", encode(t, r.seal(session, Statement{statementType, provenanceOf(t, session, "image").Subject, CycloneDX, json.RawMessage("{}")})), "the type of the statement is"},
		{"another root", encode(t, stranger.seal(strange, provenanceOf(t, strange, "image"))), ""},
		{"no log entry", edited(func(b map[string]any) { delete(object(b, "verificationMaterial"), "tlogEntries") }), "log"},
		{"the log entry of another envelope", edited(func(b map[string]any) {
			object(b, "verificationMaterial")["tlogEntries"] = foreign.Material.Entries
		}), ""},
		{"a changed log entry", edited(func(b map[string]any) { firstEntry(b)["integratedTime"] = "1700000000" }), ""},
		{"a log entry without a proof", edited(func(b map[string]any) { delete(firstEntry(b), "inclusionProof") }), "proof"},
		{"another payload", edited(func(b map[string]any) {
			object(b, "dsseEnvelope")["payload"] = foreign.Envelope.Payload
		}), ""},
		{"another payload type", edited(func(b map[string]any) { object(b, "dsseEnvelope")["payloadType"] = "text/plain" }), "payload type"},
		{"another signature", edited(func(b map[string]any) {
			object(b, "dsseEnvelope")["signatures"] = foreign.Envelope.Signatures
		}), ""},
		{"two signatures", edited(func(b map[string]any) {
			object(b, "dsseEnvelope")["signatures"] = append(good.Envelope.Signatures, foreign.Envelope.Signatures...)
		}), "2 signatures"},
		{"no signature", edited(func(b map[string]any) { object(b, "dsseEnvelope")["signatures"] = []any{} }), ""},
		{"the certificate of another key", edited(func(b map[string]any) {
			object(b, "verificationMaterial")["certificate"] = foreign.Material.Certificate
		}), ""},
		{"a changed certificate", edited(func(b map[string]any) {
			raw := bytes.Replace(good.Material.Certificate.Raw, []byte("acme/web"), []byte("acme/api"), 1)
			object(b, "verificationMaterial")["certificate"] = rawJSON{raw}
		}), ""},
		{"a certificate chain", edited(func(b map[string]any) {
			material := object(b, "verificationMaterial")
			material["x509CertificateChain"] = map[string]any{"certificates": []any{material["certificate"]}}
			delete(material, "certificate")
		}), "chain"},
		{"a bundle of version 0.1", edited(func(b map[string]any) {
			b["mediaType"] = "application/vnd.dev.sigstore.bundle+json;version=0.1"
		}), "version 0.3"},
		{"a public key instead of a certificate", edited(func(b map[string]any) {
			material := object(b, "verificationMaterial")
			delete(material, "certificate")
			material["publicKey"] = map[string]any{"hint": "key"}
		}), "no certificate"},
		{"a signature over a message", edited(func(b map[string]any) {
			delete(b, "dsseEnvelope")
			b["messageSignature"] = map[string]any{"signature": good.Envelope.Signatures[0].Signature}
		}), "no statement"},
		{"no JSON", []byte("bundle"), "reading the bundle"},
		{"two JSON values", append(encode(t, good), encode(t, good)...), "reading the bundle"},
		{"an empty object", []byte("{}"), "media type"},
	}
	for _, tc := range cases {
		if result, err := r.verifier().Verify(tc.raw, digestOf("image"), ours()); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: got %v, %v; want an error with %q", tc.name, result, err, tc.want)
		}
		if !policed(tc.want) {
			r.compare(tc.name, tc.raw, digestOf("image"))
		}
	}
}

// policed reports whether an error comes from a policy, which sigstore-go does not know, or
// from a form of a bundle that only sigstore-go verifies.
func policed(text string) bool {
	for _, part := range []string{"the repository is", "the owner of", "the signer is", "the Git reference is", "the issuer of", "the type of the statement is", "version 0.3"} {
		if strings.Contains(text, part) {
			return true
		}
	}
	return false
}

func TestBundlesThatAPolicyDoesNotAcceptAreRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t, sigstore.PublicGood)
	session := r.open(job().With("runner_environment", "self-hosted"))
	raw := encode(t, r.seal(session, provenanceOf(t, session, "image")))
	cases := []struct {
		name   string
		policy Policy
		want   string
	}{
		{"a GitHub runner", Policy{Repo: "acme/web", DenySelfHosted: true}, "the runner is"},
		{"another commit", Policy{Repo: "acme/web", SourceDigest: strings.Repeat("1", 40)}, "the commit is"},
		{"another signing repository", Policy{Repo: "acme/web", SignerRepo: "acme/workflows"}, "the signer is"},
		{"another identity", Policy{Repo: "acme/web", Identity: "https://github.com/acme/web"}, "the signer is"},
		{"another pattern", Policy{Owner: "acme", IdentityRegex: "^https://github.com/acme/api/"}, "the signer is"},
		{"another server", Policy{Repo: "acme/web", Server: "https://acme.ghe.com"}, "https://token.actions.acme.ghe.com"},
		{"a type in other letters", Policy{Repo: "acme/web", PredicateType: strings.ToUpper(Provenance)}, "the type of the statement is"},
		{"a workflow in other letters", Policy{Repo: "acme/web", SignerWorkflow: "acme/web/.github/workflows/Publish.yml"}, "the signer is"},
		{"an identity with another case", Policy{Repo: "acme/web", Identity: "https://github.com/Acme/web/.github/workflows/publish.yml@refs/heads/main"}, "the signer is"},
		{"two requirements", Policy{Repo: "acme/api", SourceRef: "refs/tags/v1"}, "refs/tags/v1"},
		{"nothing", Policy{}, "neither a repository nor an owner"},
	}
	for _, tc := range cases {
		if _, err := r.verifier().Verify(raw, digestOf("image"), tc.policy); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: got %v, want an error with %q", tc.name, err, tc.want)
		}
	}
}

// The services sign after the certificate has expired, or before it begins.
func TestSignaturesOutsideTheValidityOfTheCertificateAreRefused(t *testing.T) {
	t.Parallel()
	for _, form := range []sigstore.Form{sigstore.PublicGood, sigstore.GitHub} {
		r := newRig(t, form)
		session := r.open(job())
		for _, offset := range []time.Duration{time.Hour, -time.Hour} {
			r.offset.Store(int64(offset))
			raw := encode(t, r.seal(session, provenanceOf(t, session, "image")))
			if _, err := r.verifier().Verify(raw, digestOf("image"), ours()); err == nil {
				t.Errorf("a signature %s later is valid", offset)
			}
		}
	}
}

func TestForgedTimestampsAreRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t, sigstore.GitHub)
	session := r.open(job())
	good := r.seal(session, provenanceOf(t, session, "image"))
	foreign := r.seal(session, provenanceOf(t, session, "foreign"))
	cases := map[string]func(map[string]any){
		"no timestamp": func(b map[string]any) { delete(object(b, "verificationMaterial"), "timestampVerificationData") },
		"the timestamp of another signature": func(b map[string]any) {
			object(b, "verificationMaterial")["timestampVerificationData"] = foreign.Material.Timestamps
		},
	}
	for name, edit := range cases {
		if _, err := r.verifier().Verify(change(t, good, edit), digestOf("image"), ours()); err == nil {
			t.Errorf("%s: the bundle is valid", name)
		}
	}
}
