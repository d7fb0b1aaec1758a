// Package protect decides whether a tag may move. It checks whether the input overwrite
// allows the run to write an existing tag. It also checks whether the new image is
// older than the image that the tag points at.
//
// The order of two images follows from their versions, or else from the ancestry of
// their commits. Annotations or labels of an image state its version and commit
// (image-spec, "Pre-Defined Annotation Keys"). GitHub's compare API knows the
// ancestry. If an image states neither its version nor its commit, the order is
// unknown. The package reads images, but it does not move tags.
package protect
