package attest

import (
	"encoding/json"
	"fmt"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/lazy"
)

// CodeSBOM means that a file is not an SBOM that the program knows.
const CodeSBOM = "sbom-invalid"

// The types of statements and predicates.
const (
	statementType   = "https://in-toto.io/Statement/v1"
	statementType01 = "https://in-toto.io/Statement/v0.1" // cosign writes this type

	Provenance = "https://slsa.dev/provenance/v1"
	CycloneDX  = "https://cyclonedx.org/bom"
	spdxPrefix = "https://spdx.dev/Document/v"
)

// spdxVersion matches the version of a document of SPDX. The version becomes a part of a
// type, which commands and logs contain.
var spdxVersion = lazy.Regexp(`^[0-9A-Za-z.+_-]+$`)

// MaxSBOM is the maximum size of an SBOM, in bytes. The action actions/attest has the same
// limit.
const MaxSBOM = 16 << 20

// maxSubjects is the maximum number of subjects of a statement. The action actions/attest
// has the same limit.
const maxSubjects = 1024

// Statement is an unsigned statement about images.
type Statement struct {
	Type          string          `json:"_type"`
	Subject       []Subject       `json:"subject"`
	PredicateType string          `json:"predicateType"`
	Predicate     json.RawMessage `json:"predicate"`
}

// Subject is the digest that a statement describes. Verifiers do not compare the name.
type Subject struct {
	Name   string            `json:"name"`
	Digest map[string]string `json:"digest"`
}

// subjects returns the subjects for an image and its platforms. The image is the first
// subject.
func subjects(name string, digests []v1.Hash) []Subject {
	var out []Subject
	for _, digest := range digests[:min(len(digests), maxSubjects)] {
		out = append(out, Subject{strings.ToLower(name), map[string]string{digest.Algorithm: digest.Hex}})
	}
	return out
}

// The predicate of the provenance (SLSA, provenance v1). The build type is
// https://actions.github.io/buildtypes/workflow/v1, and the fields are the fields that
// actions/attest writes.
type (
	provenance struct {
		BuildDefinition buildDefinition `json:"buildDefinition"`
		RunDetails      runDetails      `json:"runDetails"`
	}
	buildDefinition struct {
		BuildType            string             `json:"buildType"`
		ExternalParameters   externalParameters `json:"externalParameters"`
		InternalParameters   internalParameters `json:"internalParameters"`
		ResolvedDependencies []dependency       `json:"resolvedDependencies"`
	}
	externalParameters struct {
		Workflow workflow `json:"workflow"`
	}
	workflow struct {
		Ref        string `json:"ref"`
		Repository string `json:"repository"`
		Path       string `json:"path"`
	}
	internalParameters struct {
		GitHub githubParameters `json:"github"`
	}
	githubParameters struct {
		EventName         string `json:"event_name"`
		RepositoryID      string `json:"repository_id"`
		OwnerID           string `json:"repository_owner_id"`
		RunnerEnvironment string `json:"runner_environment"`
	}
	dependency struct {
		URI    string            `json:"uri"`
		Digest map[string]string `json:"digest"`
	}
	runDetails struct {
		Builder  builder  `json:"builder"`
		Metadata metadata `json:"metadata"`
	}
	builder struct {
		ID string `json:"id"`
	}
	metadata struct {
		InvocationID string `json:"invocationId"`
	}
)

// Provenance returns the provenance of an image that this job built. The digests are the
// digest of the image and the digests of its platforms.
func (c *Claims) Provenance(name string, digests []v1.Hash) (Statement, error) {
	predicate, err := json.Marshal(provenance{
		BuildDefinition: buildDefinition{
			BuildType:            "https://actions.github.io/buildtypes/workflow/v1",
			ExternalParameters:   externalParameters{workflow{Ref: c.Ref, Repository: c.repositoryURL(), Path: c.workflowPath()}},
			InternalParameters:   internalParameters{githubParameters{c.Event, c.RepositoryID, c.OwnerID, c.RunnerEnvironment}},
			ResolvedDependencies: []dependency{{URI: "git+" + c.repositoryURL() + "@" + c.Ref, Digest: map[string]string{"gitCommit": c.Commit}}},
		},
		RunDetails: runDetails{Builder: builder{c.builder()}, Metadata: metadata{c.run()}},
	})
	return Statement{statementType, subjects(name, digests), Provenance, predicate}, err
}

// SBOM returns the statement about the SBOM of an image. The format of the SBOM is SPDX or
// CycloneDX, as JSON.
func SBOM(name string, digest v1.Hash, file []byte) (Statement, error) {
	predicateType, err := SBOMType(file)
	if err != nil {
		return Statement{}, err
	}
	return Statement{statementType, subjects(name, []v1.Hash{digest}), predicateType, file}, nil
}

// SBOMType returns the type of the predicate for an SBOM. The rules are the rules of
// actions/attest (src/sbom.ts).
func SBOMType(file []byte) (string, error) {
	if len(file) > MaxSBOM {
		return "", sbomError(fmt.Sprintf("The SBOM has more than %d MiB", MaxSBOM>>20), "Remove entries from the SBOM.")
	}
	var fields struct {
		SPDXVersion  string `json:"spdxVersion"`
		SPDXID       string `json:"SPDXID"`
		Format       string `json:"bomFormat"`
		SerialNumber string `json:"serialNumber"`
		SpecVersion  string `json:"specVersion"`
	}
	if !json.Valid(file) {
		return "", sbomError("The SBOM is not JSON", "Write the SBOM as JSON, in the format SPDX or CycloneDX.")
	}
	known := json.Unmarshal(file, &fields) == nil
	_, version, _ := strings.Cut(fields.SPDXVersion, "-")
	switch {
	case !known: // A field has a value of a wrong type.
	case spdxVersion().MatchString(version) && fields.SPDXID != "":
		return spdxPrefix + version, nil
	case fields.Format == "CycloneDX" && fields.SerialNumber != "" && fields.SpecVersion != "":
		return CycloneDX, nil
	}
	return "", sbomError("The format of the SBOM is unknown",
		"Write the SBOM in the format SPDX, with the fields spdxVersion and SPDXID, or in the format CycloneDX, with the fields bomFormat, serialNumber and specVersion.")
}

func sbomError(title, hint string) error {
	return &diag.Error{Code: CodeSBOM, Side: diag.Input, Input: "sbom", Title: title, Hint: hint}
}
