// Package detect finds the kind of a file or folder that a user gave as an image by
// mistake, and the inputs that the user can write instead.
package detect

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"
)

// Finding is the result of a detection.
type Finding struct {
	Is   string // the end of a sentence: "is a zip file"
	Hint string // full sentences that say what to write instead
}

// Found reports whether the file or the folder is known.
func (f Finding) Found() bool { return f.Is != "" }

const isDockerfile = "is a Dockerfile"

// IsDockerfile reports whether the file is a Dockerfile.
func (f Finding) IsDockerfile() bool { return f.Is == isDockerfile }

// headSize is the number of bytes of a file that are read.
const headSize = 4096

// magic is the beginning of a kind of file.
type magic struct {
	offset int
	bytes  string
	Finding
}

const (
	hintZip     = "Unzip it, and set source to the tar or the layout inside. actions/download-artifact unpacks an artifact into a folder; set source to the tar in this folder."
	hintProgram = "To create an image from a program, set content to a line such as %s:/usr/bin/app, instead of source."
	hintDisk    = "Use an image from docker save, skopeo copy or an OCI output of a build. A container image has no disk or installation image."
)

// magics lists the kinds of files that are not images and that people upload,
// download or build.
var magics = []magic{
	{0, "PK\x03\x04", Finding{"is a zip file", hintZip}},
	{0, "PK\x05\x06", Finding{"is an empty zip file", hintZip}},
	{0, "\x7fELF", Finding{"is a program for Linux", hintProgram}},
	{0, "MZ", Finding{"is a program for Windows", hintProgram}},
	{0, "\xcf\xfa\xed\xfe", Finding{"is a program for macOS", hintProgram}},
	{0, "!<arch>\n", Finding{"is a Debian package or a library", "To create an image from a package, build it from a Dockerfile with context."}},
	{0, "\xed\xab\xee\xdb", Finding{"is an RPM package", "To create an image from a package, build it from a Dockerfile with context."}},
	{0, "7z\xbc\xaf\x27\x1c", Finding{"is a 7z archive", "Unpack it, and set source to the tar or the layout inside."}},
	{0, "hsqs", Finding{"is a SquashFS file system", hintDisk}},
	{0, "QFI\xfb", Finding{"is a disk image of QEMU", hintDisk}},
	{32, "SIF_MAGIC", Finding{"is an image of Apptainer", "Build the same image as an OCI image, and set source to this image."}},
	{32769, "CD001", Finding{"is an ISO file", hintDisk}},
	{0, "version https://git-lfs.github.com/spec/", Finding{"is a pointer of Git LFS, not the file", "Set lfs: true in the step with actions/checkout."}},
}

// File detects the kind of the file at path. It returns no finding if the file is of no
// known kind or cannot be read.
func File(path string) Finding {
	file, err := os.Open(path)
	if err != nil {
		return Finding{}
	}
	defer file.Close()
	head := make([]byte, headSize)
	n, err := io.ReadFull(file, head)
	if err != nil && n == 0 {
		return Finding{
			"is an empty file",
			"The step that writes it failed or had no disk space. Read the log of this step, and add set -eo pipefail to a script that uses a pipe.",
		}
	}
	head = head[:n]
	for _, m := range magics {
		if m.matches(head, file) {
			m.Hint = strings.ReplaceAll(m.Hint, "%s", filepath.ToSlash(path))
			return m.Finding
		}
	}
	return text(path, head)
}

// matches reports whether a file has the bytes of the kind.
func (m magic) matches(head []byte, file io.ReaderAt) bool {
	if m.offset+len(m.bytes) > headSize {
		head = make([]byte, m.offset+len(m.bytes))
		if _, err := file.ReadAt(head[m.offset:], int64(m.offset)); err != nil {
			return false
		}
	}
	return len(head) >= m.offset && bytes.HasPrefix(head[m.offset:], []byte(m.bytes))
}

// text detects kinds of text files.
func text(path string, head []byte) Finding {
	body := strings.TrimSpace(string(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf"))))
	switch {
	case bytes.IndexByte(head, 0) >= 0 || !validPrefix(head):
		return Finding{}
	case looksLikeDockerfile(path, body):
		return Finding{isDockerfile, useContext(filepath.Dir(path), filepath.Base(path))}
	case strings.HasPrefix(body, "{") || strings.HasPrefix(body, "["):
		return Finding{"is a JSON document", "Set source to the folder of the OCI layout or to the tar, not to one of their documents."}
	case strings.HasPrefix(body, "<"):
		return Finding{"is an HTML or XML page", "The step that downloads it got a page instead of the image. Read the log of this step, and use curl with --fail."}
	case strings.HasPrefix(body, "#!"):
		return Finding{"is a script", fmt.Sprintf(hintProgram, filepath.ToSlash(path))}
	}
	return Finding{"is a text file", "Set source to a tar from docker save, to the folder of an OCI layout, or to the name of an image."}
}

// validPrefix reports whether head is UTF-8. The last character can be incomplete.
func validPrefix(head []byte) bool {
	for range utf8.UTFMax {
		if utf8.Valid(head) {
			return true
		}
		if len(head) == 0 {
			return false
		}
		head = head[:len(head)-1]
	}
	return false
}

// looksLikeDockerfile reports whether a text file is a Dockerfile: by its name, or by its
// first instruction.
func looksLikeDockerfile(path, body string) bool {
	if isBuildFile(filepath.Base(path)) {
		return true
	}
	for line := range strings.Lines(body) {
		line = strings.ToUpper(strings.TrimSpace(line))
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		return strings.HasPrefix(line, "FROM ") || strings.HasPrefix(line, "ARG ")
	}
	return false
}

// isBuildFile reports whether a name is usual for a Dockerfile.
func isBuildFile(name string) bool {
	name = strings.ToLower(name)
	for _, kind := range []string{"dockerfile", "containerfile"} {
		if name == kind || strings.HasPrefix(name, kind+".") || strings.HasSuffix(name, "."+kind) {
			return true
		}
	}
	return false
}

// useContext returns the hint to build a Dockerfile.
func useContext(folder, file string) string {
	hint := "To build it, write context: " + filepath.ToSlash(folder)
	if file != "Dockerfile" {
		hint += " and file: " + path.Join(filepath.ToSlash(folder), file)
	}
	return hint + " instead of source."
}

// rootFolders are the folders of a root file system.
var rootFolders = []string{"bin", "dev", "etc", "lib", "proc", "usr", "var"}

// minRootFolders is the number of these folders that a root file system has at
// least. Minimal images have few.
const minRootFolders = 3

// Names detects the kind of a tar by the slash-separated names of its files.
func Names(file string, names []string) Finding {
	top := map[string]bool{}
	for _, name := range names {
		first, rest, _ := strings.Cut(path.Clean(name), "/")
		top[first] = true
		switch rest {
		case "Chart.yaml":
			return Finding{"is a packed Helm chart", fmt.Sprintf("To publish a chart, set content: %s and artifact-type: application/vnd.cncf.helm.config.v1+json, instead of source.", filepath.ToSlash(file))}
		case "index.json", "manifest.json":
			return Finding{fmt.Sprintf("contains the image in the folder %q", first), fmt.Sprintf("Pack only the content of the folder: tar -C %s -cf image.tar .", first)}
		}
	}
	if isRoot(top) {
		return Finding{
			"contains the files of a root file system, as docker export writes it",
			"Use docker save instead of docker export. To create an image from these files, unpack the tar into a folder, and set content to FOLDER:/, instead of source.",
		}
	}
	for _, name := range names {
		if IsArchive(name) {
			return Finding{fmt.Sprintf("contains the archive %q", name), "Unpack the outer archive, and set source to this archive."}
		}
	}
	return Finding{}
}

func isRoot(top map[string]bool) bool {
	n := 0
	for _, name := range rootFolders {
		if top[name] {
			n++
		}
	}
	return n >= minRootFolders
}

// IsArchive reports whether a name is usual for the archive of an image.
func IsArchive(name string) bool {
	name = strings.ToLower(name)
	return slices.ContainsFunc([]string{".tar", ".tar.gz", ".tgz", ".tar.zst", ".oci"}, func(end string) bool { return strings.HasSuffix(name, end) })
}
