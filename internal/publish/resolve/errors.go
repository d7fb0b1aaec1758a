package resolve

// These are the codes of the errors and notices of package resolve.
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
	// CodeLayersNotCompared reports that the layers of an image were not compared with
	// the layers of the root, because the image could not be read.
	CodeLayersNotCompared = "layers-not-compared"
)
