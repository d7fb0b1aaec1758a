package compare

import (
	"encoding/json"
	"errors"
	"strings"
)

const (
	// maxPackages is the maximum number of packages that ParseSBOM returns.
	maxPackages = 100_000
	// maxNesting is the maximum number of documents inside each other: an envelope, a
	// statement and the list of packages.
	maxNesting = 4
)

// errNoSBOM means that a document is neither SPDX nor CycloneDX.
var errNoSBOM = errors.New("reading an SBOM: the document is neither SPDX nor CycloneDX in JSON")

// document contains the fields of all accepted documents: SPDX 2, CycloneDX, the statement
// of in-toto, and the envelopes of DSSE and of Sigstore.
type document struct {
	SPDXVersion string          `json:"spdxVersion"`
	Packages    []spdxPackage   `json:"packages"`
	BOMFormat   string          `json:"bomFormat"`
	Components  []component     `json:"components"`
	Predicate   json.RawMessage `json:"predicate"`
	Payload     []byte          `json:"payload"` // base64, as DSSE writes it
	Envelope    json.RawMessage `json:"dsseEnvelope"`
}

type spdxPackage struct {
	Name         string `json:"name"`
	Version      string `json:"versionInfo"`
	ExternalRefs []struct {
		Type    string `json:"referenceType"`
		Locator string `json:"referenceLocator"`
	} `json:"externalRefs"`
}

type component struct {
	Name       string      `json:"name"`
	Group      string      `json:"group"`
	Version    string      `json:"version"`
	PURL       string      `json:"purl"`
	Components []component `json:"components"`
}

// ParseSBOM returns the packages of an SBOM in the JSON form of SPDX 2 or CycloneDX. The
// SBOM can be the predicate of an in-toto statement, with or without an envelope.
func ParseSBOM(raw []byte) ([]Package, error) { return parseSBOM(raw, 0) }

func parseSBOM(raw []byte, depth int) ([]Package, error) {
	if depth == maxNesting {
		return nil, errNoSBOM
	}
	var doc document
	if json.Unmarshal(raw, &doc) != nil {
		return nil, errNoSBOM
	}
	var out []Package
	switch {
	case doc.SPDXVersion != "":
		for _, p := range doc.Packages {
			out = append(out, Package{Name: packageName(p.Name, p.purl()), Version: p.Version})
		}
	case strings.EqualFold(doc.BOMFormat, "CycloneDX"):
		out = flatten(nil, doc.Components)
	case len(doc.Predicate) > 0:
		return parseSBOM(doc.Predicate, depth+1)
	case len(doc.Payload) > 0:
		return parseSBOM(doc.Payload, depth+1)
	case len(doc.Envelope) > 0:
		return parseSBOM(doc.Envelope, depth+1)
	default:
		return nil, errNoSBOM
	}
	return out[:min(len(out), maxPackages)], nil
}

func (p spdxPackage) purl() string {
	for _, ref := range p.ExternalRefs {
		if ref.Type == "purl" {
			return ref.Locator
		}
	}
	return ""
}

// flatten adds the components and the components inside them to the list.
func flatten(out []Package, components []component) []Package {
	for _, c := range components {
		name := c.Name
		if c.Group != "" {
			name = c.Group + "/" + c.Name
		}
		out = flatten(append(out, Package{Name: packageName(name, c.PURL), Version: c.Version}), c.Components)
	}
	return out
}

// packageName returns the name of a package, with the type of its package URL. The type
// separates packages with the same name, for example a package of Debian and a package
// of Python.
func packageName(name, purl string) string {
	rest, ok := strings.CutPrefix(purl, "pkg:")
	kind, _, found := strings.Cut(rest, "/")
	if !ok || !found || kind == "" {
		return name
	}
	return name + " (" + kind + ")"
}
