package ghcrtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// Seed is a package with a history that a server has at its start. [ReadSeed] reads a seed
// from a file of scenarios of the command "cleanup". A label names each version, because the
// digests of the manifests are not known before the server creates the manifests.
//
// The text {hex:LABEL} in a tag stands for the hexadecimal digits of the digest of a
// version.
type Seed struct {
	ID         string        `json:"id"`
	Package    string        `json:"package"` // Package has the form HOST/OWNER/NAME.
	Visibility Visibility    `json:"visibility"`
	Versions   []SeedVersion `json:"versions"` // The order of the REST API.
	Options    SeedOptions   `json:"options"`

	built *builtSeed
}

// SeedVersion is a version of a [Seed].
type SeedVersion struct {
	Label string   `json:"digest"`
	Tags  []string `json:"tags"`
	// Age and Created are the hours since the version was updated and since it was
	// created. The default of Created is Age.
	Age     float64  `json:"age"`
	Created *float64 `json:"created"`
	Kind    SeedKind `json:"kind"`
	// Children are the labels of the entries of an index. An entry without a version is
	// missing from the package. Attestations are the labels of the entries that
	// describe attestations.
	Children     []string         `json:"children"`
	Attestations []string         `json:"attestations"`
	Of           string           `json:"of"`      // Of is the image that an attestation describes.
	Subject      string           `json:"subject"` // Subject is the label of the subject.
	Layers       map[string]int64 `json:"layers"`  // Layers maps the names of layers to their sizes.
}

// SeedKind is the kind of a manifest of a [Seed].
type SeedKind string

// A version has one of five kinds.
const (
	SeedImage       SeedKind = "image"
	SeedIndex       SeedKind = "index"
	SeedAttestation SeedKind = "attestation" // a BuildKit attestation
	SeedArtifact    SeedKind = "artifact"    // a referrer with the field "subject"
	SeedSignature   SeedKind = "signature"   // a signature of cosign, which refers to its image by its tag
)

// SeedOptions are facts about a package that no manifest contains.
type SeedOptions struct {
	// Permissions is the role of the repository on the package: "admin", "write" or
	// "read". Default: "admin".
	Permissions string         `json:"permissions"`
	Downloads   map[string]int `json:"downloads"`  // Downloads maps labels to numbers of downloads.
	Unreadable  []string       `json:"unreadable"` // Every read of these manifests gets 403.
	Pulls       map[int]string `json:"pulls"`      // Pulls maps the numbers of pull requests to "open" or "closed".
	Branches    []string       `json:"branches"`
	// AfterListing are changes by other clients. The server applies them after a client
	// has listed the versions and read manifests, and before the client deletes a version.
	AfterListing []SeedChange `json:"after-listing"`
}

// SeedChange is one change by another client. Exactly one of the fields Push, MoveTag and
// Delete is set.
type SeedChange struct {
	Push    *SeedVersion `json:"push"`
	MoveTag string       `json:"move-tag"`
	To      string       `json:"to"` // To is the label to which the tag MoveTag moves.
	Delete  string       `json:"delete"`
}

// ReadSeed reads a seed from a file. The argument has the form FILE or FILE#ID. A file
// contains one scenario, or an object with the list "cases", from which ID selects a
// scenario.
func ReadSeed(path string) (*Seed, error) {
	file, id := path, ""
	if at := strings.LastIndexByte(path, '#'); at >= 0 {
		file, id = path[:at], path[at+1:]
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("reading scenarios: %w", err)
	}
	defer f.Close()
	return ParseSeed(f, id)
}

// maxSeedFile is the maximum size of a file of scenarios, in bytes.
const maxSeedFile = 64 << 20

// ParseSeed reads a seed from JSON. If the JSON is a list of scenarios, the argument "id"
// selects a scenario.
func ParseSeed(r io.Reader, id string) (*Seed, error) {
	var file struct {
		Cases []json.RawMessage `json:"cases"`
	}
	raw, err := io.ReadAll(io.LimitReader(r, maxSeedFile))
	if err != nil {
		return nil, fmt.Errorf("reading scenarios: %w", err)
	}
	if err := json.Unmarshal(raw, &file); err != nil {
		return nil, fmt.Errorf("parsing scenarios: %w", err)
	}
	if file.Cases == nil {
		file.Cases = []json.RawMessage{raw}
	}
	chosen, err := chooseCase(file.Cases, id)
	if err != nil {
		return nil, err
	}
	s := new(Seed)
	if err := json.Unmarshal(chosen, s); err != nil {
		return nil, fmt.Errorf("parsing scenario %q: %w", id, err)
	}
	s.fill()
	if err := s.check(); err != nil {
		return nil, fmt.Errorf("checking scenario %q: %w", s.ID, err)
	}
	if s.built, err = s.build(); err != nil {
		return nil, fmt.Errorf("creating the manifests of scenario %q: %w", s.ID, err)
	}
	return s, nil
}

// chooseCase returns the scenario with an id. If there is only one scenario, the id can
// be empty.
func chooseCase(cases []json.RawMessage, id string) (json.RawMessage, error) {
	if id == "" && len(cases) == 1 {
		return cases[0], nil
	}
	if id == "" {
		return nil, errors.New("the file contains several scenarios: add # and the id of a scenario to the path")
	}
	for _, raw := range cases {
		var one struct {
			ID string `json:"id"`
		}
		if json.Unmarshal(raw, &one) == nil && one.ID == id {
			return raw, nil
		}
	}
	return nil, fmt.Errorf("the file contains no scenario with the id %q", id)
}

// fill sets the defaults.
func (s *Seed) fill() {
	if s.Visibility == "" {
		s.Visibility = Public
	}
	if s.Options.Permissions == "" {
		s.Options.Permissions = "admin"
	}
	for _, v := range s.all() {
		if v.Kind == "" {
			v.Kind = SeedImage
		}
		if v.Created == nil {
			v.Created = &v.Age
		}
	}
}

// all returns the versions of the seed, and then the versions that other clients push.
func (s *Seed) all() []*SeedVersion {
	var out []*SeedVersion
	for i := range s.Versions {
		out = append(out, &s.Versions[i])
	}
	for _, change := range s.Options.AfterListing {
		if change.Push != nil {
			out = append(out, change.Push)
		}
	}
	return out
}

// Name returns the name of the package without the host.
func (s *Seed) Name() string {
	_, name, _ := strings.Cut(s.Package, "/")
	return name
}

// Repository returns the repository (owner/name) to which the package is linked. The
// repository has the first part of the package's name.
func (s *Seed) Repository() string { return sourceRepository(&Credential{}, s.Name()) }
