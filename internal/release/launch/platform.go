package launch

import (
	"path"
	"runtime"
)

// Platform is what a program runs on, in Go's words. Its String is its key in
// the manifest.
type Platform struct{ OS, Arch string }

// Platforms lists what a release carries a program for: everything GitHub's
// runners run on.
func Platforms() []Platform {
	return []Platform{
		{"linux", "amd64"}, {"linux", "arm64"},
		{"darwin", "amd64"}, {"darwin", "arm64"},
		{"windows", "amd64"}, {"windows", "arm64"},
	}
}

// Host is the platform this program runs on.
func Host() Platform { return Platform{runtime.GOOS, runtime.GOARCH} }

// String is such as "linux-amd64".
func (p Platform) String() string { return p.OS + "-" + p.Arch }

// Name is the name of the program's file, such as "ghcr-publish-linux-amd64".
func (p Platform) Name() string {
	name := "ghcr-publish-" + p.String()
	if p.OS == "windows" {
		name += ".exe"
	}
	return name
}

// Path is where the program stands in the tree, with slashes.
func (p Platform) Path() string { return path.Join(Bin, p.Name()) }
