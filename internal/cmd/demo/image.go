// Package demo holds the image that the command `try` publishes: an index of
// two platforms, a few kilobytes, whose program says hello when it is run.
// generate.go made it; it is kept as a file so that its digest is a fact.
package demo

import _ "embed"

// Archive is the image as an OCI archive.
//
//go:embed testdata/hello.tar
var Archive []byte

//go:generate go run generate.go
