package input

import (
	"errors"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/ghcr-publish/ghcr-publish/internal/attest"
	"github.com/ghcr-publish/ghcr-publish/internal/diag"
)

// VerifyConfig is the configuration of `verify`.
type VerifyConfig struct {
	Common

	Reference name.Reference
	Policy    attest.Policy
	Bundle    string // the file with the bundles, or "" to read them from the registry
	Root      string // the file with the trusted roots, or "" for the embedded roots
	JSON      bool
}

// ParseVerify reads and checks the inputs of `verify`.
func ParseVerify(env Environment) (*VerifyConfig, error) {
	r := newReader(Verify, env)
	c := &VerifyConfig{Bundle: r.text("bundle"), Root: r.text("trusted-root"), JSON: r.boolean("json")}
	r.registryInputs(&c.Common, env)
	if source := r.text("source"); source == "" {
		r.failEmpty("source", CodeSourceMissing, "Set the input source to a reference, such as ghcr.io/acme/web:1.2.3.")
	} else if !r.refuseFile(source) {
		c.Reference = r.reference("source", source, &c.Common)
	}
	c.Policy = r.policy(c.GitHub.ServerURL)
	var invalid *diag.Error
	if err := c.Policy.Validate(); errors.As(err, &invalid) && !r.unknown("repo", "owner") {
		r.errs = append(r.errs, invalid)
	}
	return c, errors.Join(r.errs...)
}

// policy reads the requirements for an attestation. The URL of the server is ignored if it
// cannot be in a certificate, because a certificate contains only https URLs.
func (r *reader) policy(server string) attest.Policy {
	if !strings.HasPrefix(server, "https://") {
		server = ""
	}
	return attest.Policy{
		Server: server, Repo: r.text("repo"), Owner: r.text("owner"),
		SignerRepo: r.text("signer-repo"), SignerWorkflow: r.text("signer-workflow"),
		Identity: r.text("cert-identity"), IdentityRegex: r.text("cert-identity-regex"), Issuer: r.text("cert-oidc-issuer"),
		SourceRef: r.text("source-ref"), SourceDigest: r.text("source-digest"),
		PredicateType: r.text("predicate-type"), DenySelfHosted: r.boolean("deny-self-hosted-runners"),
	}
}
