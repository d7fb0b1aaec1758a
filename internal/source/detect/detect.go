// Package detect detects the kind of a file or folder that is not an image, for example a
// zip file. A user can set the input "source" to such a file or folder by mistake. Package
// detect also returns a hint that tells the user which inputs to set.
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
	Is   string // the end of a sentence, for example "is a zip file"
	Hint string // full sentences that tell the user which inputs to set
}

// Found reports whether the kind of the file or folder is known.
func (f Finding) Found() bool { return f.Is != "" }

const isDockerfile = "is a Dockerfile"

// IsDockerfile reports whether the file is a Dockerfile.
func (f Finding) IsDockerfile() bool { return f.Is == isDockerfile }

// headSize is the number of bytes that File reads from the beginning of a
// file.
const headSize = 4096

// magic describes the bytes with which each file of one kind starts.
type magic struct {
	offset int
	bytes  string
	Finding
}

const (
	hintZip     = "Unzip the file, and set the input source to the tar or the layout in it. If actions/download-artifact downloads the artifact, the action also unzips it, so set the input source to the tar in the folder of the download."
	hintProgram = "To create an image from a program, set the input content to a line such as %s:/usr/bin/app and remove the input source."
	hintPicture = "Set the input source to a container image: a tar from docker save, the folder of an OCI layout, or the name of an image. To publish the file itself, set the input content to the file, and set the input artifact-type to the media type of the file."
	hintDisk    = "Use an image from docker save, skopeo copy or an OCI output of a build. A disk image or installation image is not a container image."
)

// magics lists kinds of files that are not images and that users often
// upload, download or build.
var magics = []magic{
	{0, "PK\x03\x04", Finding{"is a zip file", hintZip}},
	{0, "PK\x05\x06", Finding{"is an empty zip file", hintZip}},
	{0, "\x7fELF", Finding{"is a program for Linux", hintProgram}},
	{0, "MZ", Finding{"is a program for Windows", hintProgram}},
	{0, "\xcf\xfa\xed\xfe", Finding{"is a program for macOS", hintProgram}},
	{0, "!<arch>\n", Finding{"is a Debian package or a library", "To create an image from a package, write a Dockerfile that installs the package, and set the input context to the folder of the Dockerfile."}},
	{0, "\xed\xab\xee\xdb", Finding{"is an RPM package", "To create an image from a package, write a Dockerfile that installs the package, and set the input context to the folder of the Dockerfile."}},
	{0, "7z\xbc\xaf\x27\x1c", Finding{"is a 7z archive", "Unpack the file, and set the input source to the tar or the layout in it."}},
	{0, "hsqs", Finding{"is a SquashFS file system", hintDisk}},
	{0, "QFI\xfb", Finding{"is a disk image of QEMU", hintDisk}},
	{32, "SIF_MAGIC", Finding{"is an image of Apptainer", "Build the same image as an OCI image, and set the input source to the OCI image."}},
	{32769, "CD001", Finding{"is an ISO file", hintDisk}},
	{0, "\x89PNG", Finding{"is a picture in the format PNG", hintPicture}},
	{0, "\xff\xd8\xff", Finding{"is a picture in the format JPEG", hintPicture}},
	{0, "GIF8", Finding{"is a picture in the format GIF", hintPicture}},
	{0, "%PDF-", Finding{"is a PDF document", hintPicture}},
	{0, "version https://git-lfs.github.com/spec/", Finding{"is a pointer of Git LFS and not the file itself", "Set lfs: true in the step that runs actions/checkout."}},
}

// File detects the kind of the file with the given path. If the kind is
// unknown or the file cannot be opened, File returns an empty Finding.
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
			"The step that writes the file failed or had no disk space. Read the log of that step. If its script uses a pipe, add the line set -eo pipefail to the script.",
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

// matches reports whether the file contains the magic bytes of m at the offset of m.
func (m magic) matches(head []byte, file io.ReaderAt) bool {
	if m.offset+len(m.bytes) > headSize {
		head = make([]byte, m.offset+len(m.bytes))
		if _, err := file.ReadAt(head[m.offset:], int64(m.offset)); err != nil {
			return false
		}
	}
	return len(head) >= m.offset && bytes.HasPrefix(head[m.offset:], []byte(m.bytes))
}

// text detects the kind of a text file.
func text(path string, head []byte) Finding {
	body := strings.TrimSpace(string(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf"))))
	switch {
	case bytes.IndexByte(head, 0) >= 0 || !validPrefix(head):
		return Finding{}
	case looksLikeDockerfile(path, body):
		return Finding{isDockerfile, useContext(filepath.Dir(path), filepath.Base(path))}
	case strings.HasPrefix(body, "{") || strings.HasPrefix(body, "["):
		return Finding{"is a JSON document", "Set the input source to the folder of the OCI layout or to the tar, and not to a JSON document in the folder or in the tar."}
	case strings.HasPrefix(body, "<"):
		return Finding{"is an HTML or XML page", "The step that downloads the file received a web page instead of the image. Read the log of that step, and add the option --fail to its curl command."}
	case strings.HasPrefix(body, "#!"):
		return Finding{"is a script", fmt.Sprintf(hintProgram, filepath.ToSlash(path))}
	}
	return Finding{"is a text file", "Set the input source to a tar from docker save, to the folder of an OCI layout, or to the name of an image."}
}

// validPrefix reports whether the beginning of a file is UTF-8. The last
// character of the beginning can be incomplete.
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

// looksLikeDockerfile reports whether a text file has the usual name of a
// Dockerfile, or starts with an instruction of a Dockerfile.
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

// isBuildFile reports whether a file name is a usual name of a Dockerfile,
// for example "web.Dockerfile".
func isBuildFile(name string) bool {
	name = strings.ToLower(name)
	for _, kind := range []string{"dockerfile", "containerfile"} {
		if name == kind || strings.HasPrefix(name, kind+".") || strings.HasSuffix(name, "."+kind) {
			return true
		}
	}
	return false
}

// useContext returns a hint that tells the user which inputs build the
// Dockerfile.
func useContext(folder, file string) string {
	hint := "To build the Dockerfile, write context: " + filepath.ToSlash(folder)
	if file != "Dockerfile" {
		hint += " and file: " + path.Join(filepath.ToSlash(folder), file)
	}
	return hint + " instead of source."
}

// rootFolders are top-level folders of the root file system of Linux.
var rootFolders = []string{"bin", "dev", "etc", "lib", "proc", "usr", "var"}

// minRootFolders is the minimum number of folders in rootFolders that a root
// file system contains. The number is small, because minimal images have few
// folders.
const minRootFolders = 3

// Names detects the kind of a tar from the names of the files in it. The
// names contain slashes on every operating system.
func Names(file string, names []string) Finding {
	top := map[string]bool{}
	for _, name := range names {
		first, rest, _ := strings.Cut(path.Clean(name), "/")
		top[first] = true
		switch rest {
		case "Chart.yaml":
			return Finding{"is a packed Helm chart", fmt.Sprintf("To publish a chart, set content: %s and artifact-type: application/vnd.cncf.helm.config.v1+json, and remove the input source.", filepath.ToSlash(file))}
		case "index.json", "manifest.json":
			return Finding{fmt.Sprintf("contains the image in the folder %q", first), fmt.Sprintf("To pack only the content of the folder, run tar -C %s -cf image.tar .", first)}
		}
	}
	if isRoot(top) {
		return Finding{
			"contains the files of a root file system, like a tar that docker export wrote",
			"Use docker save instead of docker export. To create an image from these files, unpack the tar into a folder, set content: FOLDER:/ with the path of the folder, and remove the input source.",
		}
	}
	for _, name := range names {
		if IsArchive(name) {
			return Finding{fmt.Sprintf("contains the archive %q", name), "Unpack the outer archive, and set the input source to the archive in it."}
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

// IsArchive reports whether a file name has a usual extension of an image
// archive, for example ".tar".
func IsArchive(name string) bool {
	name = strings.ToLower(name)
	return slices.ContainsFunc([]string{".tar", ".tar.gz", ".tgz", ".tar.zst", ".oci"}, func(end string) bool { return strings.HasSuffix(name, end) })
}
