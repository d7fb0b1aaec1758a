// Package protect decides whether a tag may move: whether its class may be
// overwritten at all, and whether what it would move to is older than what it
// points at.
//
// Age is told by what images say of themselves in the annotations and labels
// of the image-spec ("Pre-Defined Annotation Keys"): their version, and the
// commit they were built from, whose ancestry GitHub's compare API knows. Where
// these say nothing, nothing is concluded. It reads, and moves no tag itself.
package protect
