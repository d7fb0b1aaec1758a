package resolve

// These are the codes of the errors and notices of package resolve.
const (
	// CodeVisibilityExposed reports that a push could make an image public, but the input
	// "visibility" forbids a public package.
	CodeVisibilityExposed = "visibility-exposed"
	// CodeVisibilityUnknown reports that the visibility of a package could not be
	// read.
	CodeVisibilityUnknown = "visibility-unknown"
	// CodeLayerTooLarge means that a layer is larger than the limit of ghcr.io.
	CodeLayerTooLarge = "layer-too-large"
	// CodeLayerHeavy means that a layer is so large that its upload needs a fast
	// connection.
	CodeLayerHeavy = "layer-heavy"
	// CodeLayerMissing means that the registry has the manifest of an image, but not
	// all layers of the image.
	CodeLayerMissing = "layer-missing"
	// CodeLayersNotCompared reports that the layers of an image were not compared with
	// the layers of the root, because the image could not be read.
	CodeLayersNotCompared = "layers-not-compared"
)
