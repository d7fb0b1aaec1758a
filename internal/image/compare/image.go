// Package compare lists the differences between two images, and the losses: the parts
// of the old image that the new image lacks.
//
// The package is pure. The caller describes both images as data, so the package reads
// no registry and no file. The package never receives the value of an environment
// variable in its result: a change of a variable contains only the name of the
// variable.
package compare

import (
	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// Image describes one of the two images, which can be an index.
type Image struct {
	Digest string // The digest is "" if it is not known yet.
	// Platforms has one entry for each image of the index, or one entry for an image
	// without an index.
	Platforms    []Platform
	Attestations []Attestation
	// Packages maps the name of a platform to the packages that its SBOM lists. The key
	// "" contains the packages of an SBOM for the whole index. A platform without a
	// readable SBOM has no key.
	Packages map[string][]Package
}

// Platform describes the image for one platform.
type Platform struct {
	Name   string // The name has the form os/arch[/variant]. An artifact has the name "".
	Digest string
	// Size is the total size of the config and the layers, in bytes. If Plain is true,
	// the size contains layers that are not compressed yet.
	Size   int64
	Plain  bool
	Layers []Layer
	Config *v1.Config // Config is nil if the config was not read.
	Base   Base
}

// Layer describes one layer.
type Layer struct {
	Digest string // The digest is "" if the layer is not compressed yet.
	DiffID string // DiffID is the digest of the uncompressed layer, or "" if it is not known.
	Size   int64
}

// Base is the base image that the image states (image-spec, "Pre-Defined Annotation
// Keys", org.opencontainers.image.base). Both fields are "" if the image states no base
// image.
type Base struct{ Name, Digest string }

// Attestation describes one attestation, signature or SBOM of an image.
type Attestation struct {
	Platform string // Platform is the name of the platform, or "" for the whole index.
	Type     string // Type is the predicate type or the artifact type, or "" if it is not known.
}

// Package is one package in an SBOM.
type Package struct{ Name, Version string }
