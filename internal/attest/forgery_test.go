package attest

import (
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest/sigstore"
	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest/sigstore/forge"
)

// ours is the policy of a consumer who knows the repository and the workflow.
func ours() Policy {
	return Policy{Repo: "acme/web", SignerWorkflow: "acme/web/.github/workflows/publish.yml", SourceRef: "refs/heads/main"}
}

// reasons contains a part of the error for some of the bundles of package forge.
var reasons = map[string]string{
	"the bundle of another image":                         "does not describe the digest",
	"another repository":                                  "the repository is",
	"another owner":                                       "the owner of the repository is",
	"another repository with the required workflow":       "the owner of the repository is",
	"another workflow":                                    "the signer is",
	"a workflow whose name begins with the required name": "the signer is",
	"a workflow of another repository":                    "the signer is",
	"another Git reference":                               "the Git reference is",
	"another issuer":                                      "the issuer of the identity is",
	"another type of the predicate":                       "the type of the statement is",
	"a statement of an unknown version":                   "the statement has the type",
	"a statement without a subject":                       "does not describe the digest",
	"a statement with two lists of subjects":              "twice",
	"a statement with an unknown field":                   "unknown field",
	"a repeated field":                                    "twice",
	"a field name with other letters":                     "instead of",
	"no log entry":                                        "log",
	"a log entry without a proof":                         "proof",
	"another payload type":                                "payload type",
	"another signed payload type":                         "payload type",
	"another payload type, without logs":                  "payload type",
	"two signatures, without logs":                        "2 signatures",
	"another payload, without logs":                       "the signature does not belong",
	"another signature, without logs":                     "time",
	"a bundle of version 0.2":                             "version 0.3",
	"two signatures":                                      "2 signatures",
	"a certificate chain":                                 "chain",
	"a bundle of version 0.1":                             "version 0.3",
	"a public key instead of a certificate":               "no certificate",
	"a signature over a message":                          "no statement",
	"no JSON":                                             "reading the bundle",
	"two JSON values":                                     "reading the bundle",
	"an unknown field":                                    "reading the bundle",
	"an empty object":                                     "media type",
}

func TestForgedBundlesAreRefused(t *testing.T) {
	t.Parallel()
	for _, c := range forge.Cases(t, digestOf("image").String()) {
		verifier, err := NewVerifier(c.Root)
		if err != nil {
			t.Fatal(err)
		}
		result, err := verifier.Verify(c.Bundle, digestOf("image"), ours())
		if (err == nil) != c.Good || err != nil && !strings.Contains(err.Error(), reasons[c.Name]) {
			t.Errorf("%s: got %v, %v; want an error with %q", c.Name, result, err, reasons[c.Name])
		}
		if !policed(reasons[c.Name]) {
			compare(t, c.Name, c.Bundle, c.Root, digestOf("image"))
		}
	}
}

// policed reports whether an error comes from a policy, which sigstore-go does not know, or
// from a form of a bundle that only sigstore-go verifies.
func policed(text string) bool {
	for _, part := range []string{"the repository is", "the owner of", "the signer is", "the Git reference is", "the issuer of", "the type of the statement is", "version 0.3", "the statement has the type"} {
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
