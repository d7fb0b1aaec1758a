// Package merge makes one index of images that several runners pushed by
// digest: it finds their digests in what the jobs handed on, reads them, checks
// that the platforms are those expected, and builds the index.
//
// Finding and joining are pure: the same digests give the same index, byte for
// byte, in whatever order they come. It writes nothing to a registry; what it
// makes is an image.Manifest tree whose children are there already, which
// packages plan and publish carry out as any other.
package merge
