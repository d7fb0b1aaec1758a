// Package merge builds one index from the images that several jobs pushed by digest.
// Package merge finds the digests in the outputs of the jobs and reads the images.
// Package merge then compares the platforms of the images with the expected platforms,
// and builds the index.
//
// The functions Find and Join use no network and no files. For the same
// digests in any order, Join builds the same bytes. Package merge writes
// nothing to a registry. The function Join returns an index as an
// image.Manifest whose platform images are already in the registry. Packages
// plan and publish push the index.
package merge
