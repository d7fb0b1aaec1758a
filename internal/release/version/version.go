// Package version says which ghcr-publish this is: the release, the commit it
// was built from and the platform it was built for.
//
// A release build is told by the linker (see internal/release). Every other
// build reads what the Go toolchain recorded: the module version for
// `go install`, the commit for a build in a clone. It knows nothing of newer
// releases and never asks the network.
package version

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
)

// Set with -ldflags "-X …" by the release program, and only by it.
var (
	release string // "v1.2.3"
	commit  string // the full commit id
	date    string // when that commit was made, RFC 3339
)

// Info is what is known of this binary. Fields that no one recorded are empty,
// but for Version, which then is "devel".
type Info struct {
	Version  string `json:"version"`
	Commit   string `json:"commit,omitempty"`
	Date     string `json:"date,omitempty"` // of the commit, RFC 3339
	Modified bool   `json:"modified,omitempty"`
	Go       string `json:"go"`
	Platform string `json:"platform"` // as in an image: "linux/amd64"
}

// Read returns what is known of the running binary.
func Read() Info {
	info := Info{Version: release, Commit: commit, Date: date}
	if release == "" {
		build, _ := debug.ReadBuildInfo()
		info = recorded(build)
	}
	info.Go = runtime.Version()
	info.Platform = runtime.GOOS + "/" + runtime.GOARCH
	return info
}

// recorded takes what the toolchain left in the binary. build is nil for a
// binary made without module support.
func recorded(build *debug.BuildInfo) Info {
	info := Info{Version: "devel"}
	if build == nil {
		return info
	}
	if v := build.Main.Version; v != "" && v != "(devel)" {
		info.Version = v
	}
	for _, setting := range build.Settings {
		switch setting.Key {
		case "vcs.revision":
			info.Commit = setting.Value
		case "vcs.time":
			info.Date = setting.Value
		case "vcs.modified":
			info.Modified = setting.Value == "true"
		}
	}
	return info
}

// String is one line for people, such as
// "ghcr-publish v1.2.3 (commit 0a1b2c3d4e5f of 2026-10-01T12:00:00Z, go1.26.0, linux/amd64)".
func (i Info) String() string {
	var about []string
	if i.Commit != "" {
		text := "commit " + i.Commit[:min(12, len(i.Commit))]
		if i.Date != "" {
			text += " of " + i.Date
		}
		if i.Modified {
			text += ", with local changes"
		}
		about = append(about, text)
	}
	about = append(about, i.Go, i.Platform)
	return fmt.Sprintf("ghcr-publish %s (%s)", i.Version, strings.Join(about, ", "))
}

// String is Read().String().
func String() string { return Read().String() }

// UserAgent is how this program names itself to servers: "ghcr-publish/v1.2.3".
func UserAgent() string { return "ghcr-publish/" + Read().Version }
