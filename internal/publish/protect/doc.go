// Package protect decides whether a tag may move: whether its class may be
// overwritten, and whether the new image is older than the image that the tag
// points at.
//
// The order follows from the annotations and labels of the images (image-spec,
// "Pre-Defined Annotation Keys"): the version, and the commit, whose ancestry
// GitHub's compare API knows. Without them the order is unknown. The package reads
// images and moves no tag.
package protect
