package image

import v1 "github.com/google/go-containerregistry/pkg/v1"

// Level is the place of an annotation. The levels are the levels of docker buildx
// (docs.docker.com, "Annotations", "Specify annotation level").
type Level string

// The levels.
const (
	LevelManifest           Level = "manifest"            // the manifests of the images
	LevelIndex              Level = "index"               // the index
	LevelManifestDescriptor Level = "manifest-descriptor" // the descriptors of the images in the index
	LevelIndexDescriptor    Level = "index-descriptor"    // the descriptor of the index
)

// PlacedAnnotation is an annotation with a level.
type PlacedAnnotation struct {
	Level Level
	// Platform selects the images that get the annotation. If Platform is nil, all
	// images get the annotation. The levels of an index ignore Platform.
	Platform   *v1.Platform
	Key, Value string
}
