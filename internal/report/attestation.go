package report

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/attest"
	"github.com/ghcr-publish/ghcr-publish/internal/publish"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/plan"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/markdown"
)

// Attested describes the attestations that the run made or found.
type Attested struct {
	Attested   string        `json:"attested"`              // Attested is "yes" if each image has its attestations, and the run has verified them. Otherwise, Attested is "no".
	Reason     string        `json:"reason,omitempty"`      // Reason is the reason why an image has no attestation.
	Sigstore   string        `json:"sigstore,omitempty"`    // Sigstore is the instance of Sigstore: public-good, github, a host of GHE.com, or a folder.
	BundlePath string        `json:"bundle_path,omitempty"` // BundlePath is the absolute path of a file with one bundle per line.
	List       []Attestation `json:"list"`
}

// Attestation describes one signed statement about an image. The facts come from the
// certificate and from the statement.
type Attestation struct {
	Image         string   `json:"image"` // Image is the image with its digest in the first repository.
	PredicateType string   `json:"predicate_type"`
	Subjects      []string `json:"subjects"`            // Subjects contains the digests that the statement describes.
	Digest        string   `json:"digest,omitempty"`    // Digest is the digest of the manifest that contains the bundle in the registry.
	ID            int64    `json:"id,omitempty"`        // ID identifies the attestation in GitHub's API.
	URL           string   `json:"url,omitempty"`       // URL is the address of the attestation on GitHub.
	LogIndex      *int64   `json:"log_index,omitempty"` // LogIndex is the index of the signature in the transparency log.
	Existed       bool     `json:"existed,omitempty"`   // Existed means that an earlier run made the attestation.
	Signer        string   `json:"signer"`              // Signer is the workflow file that signed, and its Git reference.
	Issuer        string   `json:"issuer"`
	Repository    string   `json:"repository"`
	Commit        string   `json:"commit"`
	Run           string   `json:"run"`
	Time          string   `json:"time"`   // Time is the time of the signature (RFC 3339).
	Verify        []string `json:"verify"` // Verify contains commands that verify the attestation.
}

// setAttestations copies the attestations of the image of an outcome.
func (r *Report) setAttestations(o *publish.Outcome) {
	r.unattested = o.Unattested
	a := o.Attestations
	if a == nil || o.Found == nil || o.Found.Root == nil {
		return
	}
	image := o.Found.Targets[0].Repo.Digest(o.Found.Root.Descriptor.Digest.String())
	out := &Attested{Attested: "no", Sigstore: a.Instance, List: []Attestation{}}
	if a.Err != nil {
		out.Reason = cut(a.Reason(), maxText)
	} else if len(a.List) > 0 {
		out.Attested = "yes"
	}
	for _, one := range a.List {
		out.List = append(out.List, attestationOf(image, a, one))
	}
	r.Attestation = out
}

func attestationOf(image name.Digest, a *publish.Attestations, one publish.Attestation) Attestation {
	result := one.Result
	out := Attestation{
		Image: image.String(), PredicateType: result.PredicateType, Subjects: result.Subjects, ID: one.ID, URL: one.URL, Existed: one.Existed,
		Signer: result.Signer, Issuer: result.Issuer, Repository: result.Repository, Commit: result.Commit, Run: result.Run,
		Time: result.Time.UTC().Format(time.RFC3339), Verify: verification{image, a, one}.commands(),
	}
	if one.Manifest != (v1.Hash{}) {
		out.Digest = one.Manifest.String()
	}
	if result.LogIndex >= 0 {
		out.LogIndex = &result.LogIndex
	}
	return out
}

// addAttestations adds the attestations of another image of the release.
func (r *Report) addAttestations(part *Report) {
	if r.unattested == "" {
		r.unattested = part.unattested
	}
	other := part.Attestation
	if other == nil {
		return
	}
	if r.Attestation == nil {
		r.Attestation = other
		return
	}
	r.Attestation.List = append(r.Attestation.List, other.List...)
	if other.Attested != "yes" {
		r.Attestation.Attested = other.Attested
	}
	if r.Attestation.Reason == "" {
		r.Attestation.Reason = other.Reason
	}
}

// made reports whether the run made an attestation.
func (a *Attested) made() bool {
	return a != nil && slices.ContainsFunc(a.List, func(one Attestation) bool { return !one.Existed })
}

// outputs returns the outputs about the attestations.
func (a *Attested) outputs() ([]Output, error) {
	list, err := json.Marshal(a.List)
	if err != nil {
		return nil, err
	}
	page := ""
	for _, one := range slices.Backward(a.List) {
		if one.URL != "" {
			page = one.URL
		}
	}
	return []Output{
		{"attestations", string(list)}, {"attestation-url", page}, {"bundle-path", a.BundlePath},
		{"attested", a.Attested}, {"verified", a.verified()},
	}, nil
}

// kind returns the name of the statement for people.
func (a Attestation) kind() string {
	if a.PredicateType == attest.Provenance {
		return "provenance"
	}
	return "SBOM"
}

// fact returns a sentence about the attestation.
func (a Attestation) fact() string {
	out := fmt.Sprintf("%s signed by %s", a.kind(), a.Signer)
	if a.LogIndex != nil {
		out += fmt.Sprintf(", log index %d", *a.LogIndex)
	}
	if a.Existed {
		out += ", made by an earlier run"
	}
	return out
}

// verified returns the value of the output "verified": the facts that the check of the run
// found in the first attestation.
func (a *Attested) verified() string {
	if a.Attested != "yes" {
		return ""
	}
	one := a.List[0]
	return fmt.Sprintf("%s from commit %s of %s, at %s", one.fact(), one.Commit, one.Repository, one.Time)
}

// textAttestations writes one line for each attestation.
func (r *Report) textAttestations(b *strings.Builder) {
	if r.Attestation == nil {
		return
	}
	for _, a := range r.Attestation.List {
		of := ""
		if r.several() {
			of, _, _ = strings.Cut(a.Image, "@")
			of += ": "
		}
		fmt.Fprintf(b, "  attested: %s%s\n", of, a.fact())
	}
}

// textVerify writes the commands that verify the attestations, or the reason why the run
// made no attestation.
func (r *Report) textVerify(b *strings.Builder) {
	if r.unattested != "" && r.Attestation == nil {
		fmt.Fprintf(b, "  no attestation, because %s\n", inSentence(r.unattested))
	}
	if r.Attestation == nil {
		return
	}
	for _, a := range r.Attestation.List {
		if a.Digest != "" {
			fmt.Fprintf(b, "  the registry stores the %s in %s\n", a.kind(), a.Digest)
		}
		for _, command := range a.Verify {
			fmt.Fprintf(b, "  %s\n", command)
		}
	}
}

// mdAttestations writes the facts about the attestations, and the commands that verify them
// into a block that the reader can open.
func (r *Report) mdAttestations(b *markdown.Builder) {
	if r.Attestation == nil || len(r.Attestation.List) == 0 {
		return
	}
	var commands []string
	for n, a := range r.Attestation.List {
		if n == maxRows {
			b.Printf("… and %d more attestations.\n\n", len(r.Attestation.List)-n)
			break
		}
		b.Printf("**Attested** with %s", a.mdFacts(r))
		if a.URL != "" {
			b.Printf(" · %s", markdown.Link("attestation", a.URL))
		}
		b.Printf("\n\n")
		for _, command := range a.Verify {
			commands = append(commands, wrapped(command))
		}
	}
	details(b, "Verify the attestation", markdown.Block("sh", strings.Join(commands, "\n")+"\n"))
}

// wrapped writes each option of a command, and the address of its image, on a line of its own. A command with quoted words
// stays on one line if a quoted word contains a blank, because the word can contain the start of an option.
func wrapped(command string) string {
	for i, part := range strings.Split(command, "'") {
		if i%2 == 1 && strings.Contains(part, " ") {
			return command
		}
	}
	return strings.NewReplacer(" --", " \\\n  --", " oci://", " \\\n  oci://").Replace(command)
}

// mdFacts returns the facts about an attestation with links.
func (a Attestation) mdFacts(r *Report) markdown.Text {
	image := markdown.Text{}
	if r.several() {
		image = markdown.Sprintf(" of %s", markdown.Code(strings.Split(a.Image, "@")[0]))
	}
	out := markdown.Sprintf("%s%s · signed by %s from the commit %s", a.kind(), image, markdown.Code(strings.TrimPrefix(a.Signer, r.Run.Server+"/")), markdown.Code(cut(a.Commit, 12)))
	if a.LogIndex != nil {
		out = markdown.Sprintf("%s · log index %d", out, *a.LogIndex)
	}
	if a.Existed {
		out = markdown.Sprintf("%s · made by an earlier run", out)
	}
	return out
}

// attestationSteps reports whether the plan of a dry run contains an attestation.
func (r *Report) attestationSteps() bool {
	return slices.ContainsFunc(r.Steps, func(s Step) bool { return s.Kind == string(plan.Attest) })
}

// attestationPlanned is the sentence about the attestation in the report of a dry run.
const attestationPlanned = "The run would sign the provenance of the image before any tag moves, unless the image has an attestation of this workflow and commit."
