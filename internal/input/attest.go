package input

import (
	"errors"
	"fmt"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/ghcr-publish/ghcr-publish/internal/attest"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/bounded"
)

// AttestMode is the decision whether a run makes attestations.
type AttestMode string

// These constants are the values of the input "attest".
const (
	AttestAuto  AttestMode = "auto"  // if the job can get an identity token; a failure is only a warning
	AttestTrue  AttestMode = "true"  // a failure ends the run before a tag moves
	AttestFalse AttestMode = "false" // the run makes no attestation
)

// The values of the input "attest-store".
const (
	storeAuto     = "auto"
	storeRegistry = "registry"
	storeGitHub   = "github"
)

// AttestStore contains the places that store attestations.
type AttestStore struct {
	Registry, GitHub bool
	// Auto is true if the user named no place. A refusal of GitHub's API is then no
	// failure.
	Auto bool
}

// Attestation contains the inputs for the attestations that a run makes.
type Attestation struct {
	Mode     AttestMode
	SBOM     []byte // the content of the SBOM, or nil for no SBOM
	Store    AttestStore
	Sigstore string     // auto, public-good, github, or a folder
	Job      attest.Job // the part of the environment with which the job gets its identity token
}

// ParseAttest reads and checks the inputs of `attest`.
func ParseAttest(env Environment) (*Config, error) {
	r := newReader(Attest, env)
	c := &Config{Visibility: Keep, Verify: VerifyNone, OnReadOnly: ReadOnlyFail}
	r.registryInputs(&c.Common, env)
	if source := r.text("source"); source == "" {
		r.failEmpty("source", CodeSourceMissing, "Set the input source to a reference, such as ghcr.io/acme/web:1.2.3.")
	} else if ref := r.reference("source", source, &c.Common); ref != nil {
		c.Source, c.Images = referencePrefix+ref.Name(), []name.Repository{ref.Context()}
		if c.Token.Empty() {
			r.checkToken(&c.Common) // The registry of the image is known only now.
		}
	}
	c.Attestation = r.attestation(env)
	c.Attestation.Mode = AttestTrue
	return c, errors.Join(r.errs...)
}

// attestation reads the inputs for attestations.
func (r *reader) attestation(env Environment) Attestation {
	out := Attestation{
		Mode: AttestMode(r.choice("attest")), Store: r.attestStore(), Sigstore: r.text("sigstore"), Job: attest.JobOf(env.Getenv),
	}
	path := r.text("sbom")
	switch {
	case path == "" || isOff(path):
	case isOn(path):
		r.fail("sbom", CodeValue, "Write an SBOM with another tool, for example syft, and set the input sbom to the path of the file.", "The input sbom is %q, but the input must be the path of a file", path)
	case out.Mode == AttestFalse:
		r.fail("sbom", CodeSBOMWithoutAttest, "Remove the input sbom or the input attest.", "The inputs sbom and attest: false exclude each other")
	default:
		out.SBOM = r.sbom(path)
	}
	return out
}

// sbom reads the SBOM, so that a wrong file ends the run before the upload.
func (r *reader) sbom(path string) []byte {
	raw, err := bounded.Text(path, attest.MaxSBOM)
	if err != nil {
		r.fail("sbom", attest.CodeSBOM, fmt.Sprintf("Set the input sbom to the path of a file of at most %d MiB. A relative path starts at the working directory.", attest.MaxSBOM>>20), "The SBOM %q cannot be read: %v", path, err)
		return nil
	}
	if len(raw) == 0 {
		r.fail("sbom", attest.CodeSBOM, "Check that the step that writes the SBOM ends without an error.", "The SBOM %q is empty", path)
		return nil
	}
	if _, err := attest.SBOMType(raw); err != nil {
		r.errs = append(r.errs, err)
	}
	return raw
}

// attestStore reads the places that store attestations.
func (r *reader) attestStore() AttestStore {
	var out AttestStore
	for _, word := range r.words("attest-store") {
		switch strings.ToLower(word) {
		case storeRegistry:
			out.Registry = true
		case storeGitHub:
			out.GitHub = true
		case storeAuto:
			out = AttestStore{Registry: true, GitHub: true, Auto: true}
		default:
			r.fail("attest-store", CodeValue, "Allowed: auto, registry, github, or registry,github.", "The input attest-store has the invalid value %q", word)
		}
	}
	return out
}
