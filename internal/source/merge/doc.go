// Package merge builds one index from the images that several jobs pushed by
// digest. It finds the digests in the outputs of the jobs, reads the images,
// compares their platforms with the expected platforms, and builds the index.
//
// Find and Join use no network and no files. The same digests give the same
// index, byte for byte, in any order. Package merge writes nothing to a
// registry. Its result is an image.Manifest tree whose children are already in
// the registry. Packages plan and publish push the tree.
package merge
