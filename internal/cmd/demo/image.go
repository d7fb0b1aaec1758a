// Package demo contains the image that the command "try" publishes. The image is an
// index for two platforms with a few kilobytes. The program in the image prints a
// greeting. The command generate.go wrote the archive testdata/hello.tar. The archive
// is in the Git repository, so that the digest of the image does not depend on the
// version of Go.
package demo

import _ "embed"

// Archive is the image as an OCI archive.
//
//go:embed testdata/hello.tar
var Archive []byte

//go:generate go run generate.go
