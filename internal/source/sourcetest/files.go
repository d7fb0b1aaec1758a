// Package sourcetest builds small images for tests. An image is an OCI
// layout, a tar of a layout, or a tar of docker save. On every run, an image
// has the same bytes, and a test can damage these bytes.
//
// Only tests use this package. If a function of this package fails, it ends
// the test. Every image is a list of [File] in memory, so that a test can
// change a file before [Dir] or [Tar] writes the files to the disk.
package sourcetest

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/ci/needs"
)

// File is one file of a source.
type File struct {
	Name string
	Body []byte
	// Link is the target of a link. If Link is set, the file has no Body.
	Link string
	// Type is the type of the tar entry. If Type is 0 and Link is set, the
	// entry is a symbolic link. If Type is 0 and Link is empty, the entry is
	// a regular file.
	Type byte
}

// Dir writes files into a new directory and returns the path of the
// directory.
func Dir(tb testing.TB, files []File) string {
	tb.Helper()
	dir := tb.TempDir()
	for _, f := range files {
		path := filepath.Join(dir, filepath.FromSlash(f.Name))
		check(tb, os.MkdirAll(filepath.Dir(path), 0o755))
		if f.Link != "" {
			needs.Link(tb, f.Link, path)
			continue
		}
		check(tb, os.WriteFile(path, f.Body, 0o644))
	}
	return dir
}

// Tar writes files into a new tar and returns the path of the tar.
func Tar(tb testing.TB, files []File) string {
	tb.Helper()
	return Write(tb, "image.tar", TarBytes(tb, files))
}

// Write writes one file into a new directory and returns the path of the
// file.
func Write(tb testing.TB, name string, raw []byte) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), name)
	check(tb, os.WriteFile(path, raw, 0o644))
	return path
}

// TarBytes returns a tar that contains the files in the given order. The
// files in the tar have no modification times.
func TarBytes(tb testing.TB, files []File) []byte {
	tb.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, f := range files {
		check(tb, w.WriteHeader(header(f)))
		_, err := w.Write(f.Body)
		check(tb, err)
	}
	check(tb, w.Close())
	return out.Bytes()
}

func header(f File) *tar.Header {
	h := &tar.Header{Name: f.Name, Linkname: f.Link, Size: int64(len(f.Body)), Typeflag: tar.TypeReg, Mode: 0o644}
	if f.Link != "" {
		h.Typeflag = tar.TypeSymlink
	}
	if f.Type != 0 {
		h.Typeflag = f.Type
	}
	return h
}

// Gzip compresses raw. Gzip returns the same bytes on every run.
func Gzip(raw []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, _ = w.Write(raw) // A write to a bytes.Buffer never returns an error.
	_ = w.Close()
	return out.Bytes()
}

// Without returns the list of files without the files that have the given
// name.
func Without(files []File, name string) []File {
	return slices.DeleteFunc(slices.Clone(files), func(f File) bool { return f.Name == name })
}

// Replace returns the list of files with a new body for each file that has
// the given name.
func Replace(files []File, name string, body []byte) []File {
	out := slices.Clone(files)
	for i := range out {
		if out[i].Name == name {
			out[i].Body = body
		}
	}
	return out
}

func check(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}
