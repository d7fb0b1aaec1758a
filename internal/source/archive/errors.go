package archive

import (
	"errors"
	"fmt"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
)

// These constants are the codes of the errors of this package. The codes begin with
// "source", because package source returns these errors unchanged.
const (
	CodeNotArchive   = diag.CodeSourceNotLayout // the file is not an image archive
	CodeUnreadable   = "source-unreadable"      // the archive is damaged, or the system denies access to the archive
	CodeTruncated    = "source-truncated"       // the archive ends before its last part
	CodeUnsafePath   = "source-unsafe-path"     // the archive contains a device, or a path to a file outside the archive
	CodeTooManyFiles = "source-too-many-files"  // the archive has too many files
)

const hintRewrite = "Write the archive again, for example with docker save or skopeo copy. Check that every step that writes, uploads or downloads the archive has enough disk space and ends without an error."

func unreadable(path string, err error) error {
	return diag.New(CodeUnreadable, diag.Source, hintRewrite, err, "the archive %q cannot be read", path)
}

func notArchive(path string, err error) error {
	return diag.New(CodeNotArchive, diag.Source,
		"Use a tar from docker save, from skopeo, or from a build with an OCI or docker output. The tar can be uncompressed, or compressed with gzip or zstd.", err,
		"%q is not an image archive", path)
}

// tooLarge returns the error for an archive that has more than maxPlain bytes
// after decompression.
func tooLarge(path string) error {
	return diag.New(CodeUnreadable, diag.Source, "Check the command that wrote the archive, because an image cannot be larger than this limit.", nil,
		"the archive %q is larger than %d GiB after decompression", path, int64(maxPlain)>>30)
}

// tooMuchOutside returns the error for an archive that has more than maxOutside bytes outside
// its files.
func tooMuchOutside(path string) error {
	return diag.New(CodeUnreadable, diag.Source, "Check the command that wrote the archive, because an image archive contains only its files and short headers.", nil,
		"the archive %q has more than %d GiB of headers and padding after decompression", path, int64(maxOutside)>>30)
}

func otherCompression(path string) error {
	return diag.New(CodeNotArchive, diag.Source,
		"Decompress the archive with bunzip2 or unxz. An archive can be uncompressed, or compressed with gzip or zstd.", nil,
		"%q is compressed with bzip2 or xz", path)
}

// Truncated returns the error for an archive that ends too early. The argument "where" is
// a clause that describes the missing part, for example "the end of the compressed data
// is missing".
func Truncated(path, where string) error {
	return diag.New(CodeTruncated, diag.Source, hintRewrite, errors.New(where), "the archive %q is truncated", path)
}

// truncated returns the error for an archive that ends too early. The argument "have" is
// the number of bytes that the archive contains.
func (s *scan) truncated(have int64) error {
	if have < s.end {
		return Truncated(s.path, fmt.Sprintf("the file %q needs %d more bytes", s.last, s.end-have))
	}
	return Truncated(s.path, fmt.Sprintf("the archive ends in the middle of a block after the file %q", s.last))
}

func unsafe(archive, format string, args ...any) error {
	return diag.New(CodeUnsafePath, diag.Source,
		"Write the archive with docker save, skopeo or the OCI output of a build, and do not use an archive from an unknown origin. The run did not read files outside the archive.", nil,
		"the archive %q is refused: %s", archive, fmt.Sprintf(format, args...))
}

func tooManyFiles(path string) error {
	return diag.New(CodeTooManyFiles, diag.Source,
		"Write the archive with docker save or the OCI output of a build. An image archive has one file per layer and does not contain the files of an unpacked image.", nil,
		"the archive %q contains more than %d files, or contains one file more than %d times", path, MaxFiles, maxLinks+1)
}
