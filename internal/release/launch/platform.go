package launch

import (
	"path"
	"runtime"
)

// Platform is an operating system and an architecture, with the names that Go
// uses. The release manifest uses the result of String as the key of a
// platform.
type Platform struct{ OS, Arch string }

// Platforms returns the platforms of a release. A release supports all
// platforms of the runners that GitHub hosts.
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

// Name returns the file name of the program for the platform, for example
// "ghcr-publish-linux-amd64".
func (p Platform) Name() string {
	name := "ghcr-publish-" + p.String()
	if p.OS == "windows" {
		name += ".exe"
	}
	return name
}

// Architectures returns the architectures of a release. Each architecture has
// one compressed file, because programs of the same architecture share most of
// their code.
func Architectures() []string { return []string{"amd64", "arm64"} }

// PackName returns the name of the compressed file with the programs of an
// architecture.
func PackName(arch string) string { return "ghcr-publish-" + arch + ".zst" }

// Pack returns the slash-separated path of the compressed file in the tree.
func Pack(arch string) string { return path.Join(Bin, PackName(arch)) }
