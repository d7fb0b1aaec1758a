package ghcrtest

import (
	"slices"
	"strings"
)

// Seed is a scenario of the command "cleanup": a package with a history that a server has at
// its start, the rules of a run, and the expected result of the run. [ReadSeed] reads a seed
// from a file. A label names each version, because the digests of the manifests are not known
// before the server creates the manifests.
//
// The texts {hex:LABEL} and {digest:LABEL} in a tag or in a rule stand for the digest of a
// version: for its hexadecimal digits, and for the complete digest.
type Seed struct {
	ID         string            `json:"id"`
	Title      string            `json:"name,omitempty"`
	Package    string            `json:"package"` // Package has the form HOST/OWNER/NAME.
	Visibility Visibility        `json:"visibility,omitempty"`
	Versions   []SeedVersion     `json:"versions"` // The order of the REST API.
	Rules      map[string]string `json:"rules"`    // Rules maps the names of inputs to their values.
	Options    SeedOptions       `json:"options,omitzero"`
	Expected   SeedExpected      `json:"expected"`
	Why        string            `json:"why,omitempty"` // Why is the source of the scenario.

	built *builtSeed
}

// SeedVersion is a version of a [Seed].
type SeedVersion struct {
	Label string   `json:"digest"`
	Tags  []string `json:"tags,omitempty"`
	// Age and Created are the hours since the version was updated and since it was
	// created. The default of Created is Age.
	Age     float64  `json:"age"`
	Created *float64 `json:"created,omitempty"`
	Kind    SeedKind `json:"kind,omitempty"`
	// Children are the labels of the entries of an index. An entry without a version is
	// missing from the package. Attestations are the labels of the entries that
	// describe attestations.
	Children     []string         `json:"children,omitempty"`
	Attestations []string         `json:"attestations,omitempty"`
	Of           string           `json:"of,omitempty"`      // Of is the image that an attestation describes.
	Subject      string           `json:"subject,omitempty"` // Subject is the label of the subject.
	Layers       map[string]int64 `json:"layers,omitempty"`  // Layers maps the names of layers to their sizes.
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
	Permissions string         `json:"permissions,omitempty"`
	Downloads   map[string]int `json:"downloads,omitempty"`  // Downloads maps labels to numbers of downloads.
	Unreadable  []string       `json:"unreadable,omitempty"` // Every read of these manifests gets 403.
	Pulls       map[int]string `json:"pulls,omitempty"`      // Pulls maps the numbers of pull requests to "open" or "closed".
	Branches    []string       `json:"branches,omitempty"`
	// Event is the event of the workflow that runs the command.
	Event SeedEvent `json:"event,omitzero"`
	// AfterListing are changes by other clients. The server applies them after a client
	// has listed the versions and read manifests, and before the client deletes a version.
	AfterListing []SeedChange `json:"after-listing,omitempty"`
}

// SeedChange is one change by another client. Exactly one of the fields Push, MoveTag and
// Delete is set.
type SeedChange struct {
	Push    *SeedVersion `json:"push,omitempty"`
	MoveTag string       `json:"move-tag,omitempty"`
	To      string       `json:"to,omitempty"` // To is the label to which the tag MoveTag moves.
	Delete  string       `json:"delete,omitempty"`
}

// clone returns a copy whose versions and changes can be changed.
func (s *Seed) clone() *Seed {
	out := *s
	out.built = nil
	out.Versions = slices.Clone(s.Versions)
	out.Options.AfterListing = slices.Clone(s.Options.AfterListing)
	for i, change := range out.Options.AfterListing {
		if change.Push != nil {
			pushed := *change.Push
			out.Options.AfterListing[i].Push = &pushed
		}
	}
	return &out
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

// RulesFor returns the rules of the scenario for a server. A rule then names the digests of
// the manifests instead of labels, and the host of the server instead of the host of the
// package.
func (s *Seed) RulesFor(host string) map[string]string {
	from, _, _ := strings.Cut(s.Package, "/")
	out := map[string]string{}
	for name, value := range s.built.rules {
		out[name] = strings.ReplaceAll(value, from+"/", host+"/")
	}
	return out
}

// Digests returns the digest of each label, also of the versions that other clients push.
func (s *Seed) Digests() map[string]string {
	out := map[string]string{}
	for label, m := range s.built.manifests {
		out[label] = m.Digest
	}
	return out
}
