package report

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/attest"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/markdown"
)

// VerifySchemaID identifies the format of the JSON that the command "verify" writes.
const VerifySchemaID = "ghcr-publish/verify/v1"

// Verify describes a valid attestation that meets the policy. The command "verify" prints
// this value as JSON, and the output "json" contains the value.
type Verify struct {
	Schema        string `json:"schema"`
	Reference     string `json:"reference"`             // Reference is the repository and the digest of the image.
	Digest        string `json:"digest"`                // Digest is the digest of the image.
	Bundle        string `json:"bundle"`                // Bundle is the digest of the manifest with the bundle, or the name of the file.
	PredicateType string `json:"predicate_type"`        // PredicateType is the type of the signed statement.
	Signer        string `json:"signer"`                // Signer is the workflow file that signed, and its Git reference.
	Issuer        string `json:"issuer"`                // Issuer is the issuer of the identity token of the signer.
	Repository    string `json:"repository"`            // Repository is the repository that the workflow built.
	Workflow      string `json:"workflow"`              // Workflow is the workflow file of the run, and its Git reference.
	Ref           string `json:"ref"`                   // Ref is the Git reference that the workflow built.
	Commit        string `json:"commit"`                // Commit is the commit that the workflow built.
	Run           string `json:"run"`                   // Run is the web page of the workflow run.
	Runner        string `json:"runner"`                // Runner is github-hosted or self-hosted.
	Authority     string `json:"certificate_authority"` // Authority is the name of the certificate authority.
	Time          string `json:"time"`                  // Time is the time of the signature, as RFC 3339.
}

// NewVerify returns a report about a valid attestation.
func NewVerify(reference, digest, bundle string, r *attest.Result) *Verify {
	return &Verify{
		Schema: VerifySchemaID, Reference: reference, Digest: digest, Bundle: bundle,
		PredicateType: r.PredicateType, Signer: r.Signer, Issuer: r.Issuer, Repository: r.Repository, Workflow: r.Workflow,
		Ref: r.Ref, Commit: r.Commit, Run: r.Run, Runner: r.Runner, Authority: r.Authority, Time: r.Time.UTC().Format(time.RFC3339),
	}
}

// facts lists the facts about the attestation with their names.
func (v *Verify) facts() [][2]string {
	return [][2]string{
		{"image", v.Reference}, {"statement", v.PredicateType}, {"signer", v.Signer}, {"repository", v.Repository},
		{"commit", v.Commit}, {"reference", v.Ref}, {"run", v.Run}, {"runner", v.Runner}, {"signed at", v.Time}, {"bundle", v.Bundle},
	}
}

// Outputs returns the outputs of the step.
func (v *Verify) Outputs() ([]Output, error) {
	data, err := json.Marshal(v)
	return []Output{{"digest", v.Digest}, {"reference", v.Reference}, {"json", string(data)}}, err
}

// JSON returns the report as indented JSON.
func (v *Verify) JSON() (string, error) { return printable(v) }

// Markdown returns the job summary.
func (v *Verify) Markdown() markdown.Text {
	var b markdown.Builder
	b.Printf("## 🔏 %s\n\n| fact | value |\n|---|---|\n", v.Reference)
	for _, fact := range v.facts()[1:] {
		b.Printf("| %s | %s |\n", fact[0], fact[1])
	}
	return b.Text()
}

// Text returns the facts for a terminal.
func (v *Verify) Text() string {
	var b strings.Builder
	b.WriteString("The image has a valid attestation that meets the policy.\n")
	for _, fact := range v.facts() {
		fmt.Fprintf(&b, "%-11s %s\n", fact[0], flat(fact[1]))
	}
	return b.String()
}
