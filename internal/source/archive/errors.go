package archive

import (
	"fmt"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
)

const hintRewrite = "Write the archive again (docker save, skopeo copy), and check that the step that wrote it, or that uploaded and downloaded it, ran to its end and had disk space left."

func unreadable(path string, err error) error {
	return &diag.Error{
		Code: "source-unreadable", Side: diag.Source, Err: err,
		Title: fmt.Sprintf("the archive %q cannot be read", path),
		Hint:  hintRewrite,
	}
}

func noTar(path string, err error) error {
	return &diag.Error{
		Code: "source-not-a-layout", Side: diag.Source, Err: err,
		Title: fmt.Sprintf("%q is no image archive", path),
		Hint:  "A file must be a tar (plain, gzip or zstd) written by docker save, by a build with an OCI or docker output, or by skopeo.",
	}
}

func endless(path string) error {
	return &diag.Error{
		Code: "source-unreadable", Side: diag.Source,
		Title: fmt.Sprintf("the archive %q comes to more than %d GiB", path, int64(maxPlain)>>30),
		Hint:  "Check how it was made: no image is this large.",
	}
}

func otherCompression(path string) error {
	return &diag.Error{
		Code: "source-not-a-layout", Side: diag.Source,
		Title: fmt.Sprintf("%q is compressed with bzip2 or xz", path),
		Hint:  "Decompress it first (bunzip2, unxz): archives may be plain, or compressed with gzip or zstd.",
	}
}

// truncated returns the error for an archive that ends before its last file is
// complete.
func truncated(path, where string, err error) error {
	return &diag.Error{
		Code: "source-truncated", Side: diag.Source, Err: err,
		Title: fmt.Sprintf("the archive %q is cut off: %s", path, where),
		Hint:  hintRewrite,
	}
}

// truncated returns the error for an archive that has only have bytes.
func (s *scan) truncated(have int64) error {
	if have < s.end {
		return truncated(s.path, fmt.Sprintf("%q needs %d more bytes", s.last, s.end-have), nil)
	}
	return truncated(s.path, fmt.Sprintf("it ends in the middle of a block after %q", s.last), nil)
}

func unsafe(archive, name, why string) error {
	return &diag.Error{
		Code: "source-unsafe-path", Side: diag.Source,
		Title: fmt.Sprintf("the archive %q is refused: %q %s", archive, name, why),
		Hint:  "Nothing was read from outside the archive. Write it with docker save, skopeo or a build's OCI output, and do not use archives of unknown origin.",
	}
}

func tooMany(path string) error {
	return &diag.Error{
		Code: "source-too-many-files", Side: diag.Source,
		Title: fmt.Sprintf("the archive %q holds more than %d files, or one file too often", path, MaxFiles),
		Hint:  "An image archive has a file for each layer; a tar of an unpacked image is something else. Write it with docker save or a build's OCI output.",
	}
}
