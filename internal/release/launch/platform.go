package launch

import (
	"path"
	"runtime"
)

// Platform is an operating system and an architecture, in Go's terms. String
// returns the key of the platform in the release manifest.
type Platform struct{ OS, Arch string }

// Platforms returns the platforms of a release: all platforms of GitHub's
// runners.
func Platforms() []Platform {
	return []Platform{
		{"linux", "amd64"}, {"linux", "arm64"},
		{"darwin", "amd64"}, {"darwin", "arm64"},
		{"windows", "amd64"}, {"windows", "arm64"},
	}
}

// Host returns the platform of the running program.
func Host() Platform { return Platform{runtime.GOOS, runtime.GOARCH} }

// String returns the platform in the form "linux-amd64".
func (p Platform) String() string { return p.OS + "-" + p.Arch }

// Name returns the name of the program's file, such as
// "ghcr-publish-linux-amd64".
func (p Platform) Name() string {
	name := "ghcr-publish-" + p.String()
	if p.OS == "windows" {
		name += ".exe"
	}
	return name
}

// Architectures returns the architectures of a release. One compressed file contains
// the programs of one architecture, which share most of their code.
func Architectures() []string { return []string{"amd64", "arm64"} }

// PackName returns the name of the compressed file with the programs of an
// architecture.
func PackName(arch string) string { return "ghcr-publish-" + arch + ".zst" }

// Pack returns the slash-separated path of the compressed file in the tree.
func Pack(arch string) string { return path.Join(Bin, PackName(arch)) }
