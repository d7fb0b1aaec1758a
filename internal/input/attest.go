package input

import (
	"fmt"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/attest"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/bounded"
)

// Attest is the decision whether a run makes attestations.
type Attest string

// These constants are the values of the input "attest".
const (
	AttestAuto  Attest = "auto"  // if the job can get an identity token; a failure is only a warning
	AttestTrue  Attest = "true"  // a failure ends the run before a tag moves
	AttestFalse Attest = "false" // the run makes no attestation
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
	Mode     Attest
	SBOM     []byte // the content of the SBOM, or nil for no SBOM
	Store    AttestStore
	Sigstore string     // auto, public-good, github, or a folder
	Job      attest.Job // the part of the environment with which the job gets its identity token
}

// attestation reads the inputs for attestations.
func (r *reader) attestation(env Environment) Attestation {
	out := Attestation{
		Mode: Attest(r.choice("attest")), Store: r.attestStore(), Sigstore: r.text("sigstore"), Job: attest.JobOf(env.Getenv),
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
	raw, err := bounded.File(path, attest.MaxSBOM)
	if err != nil {
		r.fail("sbom", attest.CodeSBOM, fmt.Sprintf("Set the input sbom to the path of a file of at most %d MiB. A relative path starts at the working directory.", attest.MaxSBOM>>20), "The SBOM %q cannot be read: %v", path, err)
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
