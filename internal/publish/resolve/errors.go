package resolve

// The codes of the errors and notices of this package.
const (
	// CodeVisibilityExposed reports that a push could make an image public, although
	// the input visibility forbids a public package.
	CodeVisibilityExposed = "visibility-exposed"
	// CodeVisibilityUnknown reports that the visibility of a package could not be
	// read.
	CodeVisibilityUnknown = "visibility-unknown"
	// CodeLayerTooLarge reports a layer that is larger than ghcr.io's limit.
	CodeLayerTooLarge = "layer-too-large"
	// CodeLayerHeavy reports a layer that needs a fast connection.
	CodeLayerHeavy = "layer-heavy"
	// CodeLayerMissing reports a layer that a registry lists but does not have.
	CodeLayerMissing = "layer-missing"
	// CodeLayersNotCompared reports that an image could not be read. The run therefore
	// did not compare the layers of this image with the layers of the root.
	CodeLayersNotCompared = "layers-not-compared"
)
