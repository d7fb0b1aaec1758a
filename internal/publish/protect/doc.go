// Package protect decides whether a tag may move. The package checks whether the input
// "overwrite" allows the run to write an existing tag. The package also checks whether
// the new image is older than the image that the tag points at.
//
// The versions of two images decide which image is older. If the versions do not
// decide, the ancestry of the commits decides. The annotations or labels of an image
// contain its version and its commit (image-spec, "Pre-Defined Annotation Keys").
// GitHub's compare API returns the ancestry of two commits. If an image states
// neither its version nor its commit, the order is unknown. The package reads images,
// but does not move tags.
package protect
