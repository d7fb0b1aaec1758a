// Package version describes the running program: its release, the commit of its
// sources and its platform.
//
// In a release, the linker sets the values (see internal/release). In any other
// build, the package reads the data that the Go toolchain stores in the
// program. The toolchain stores the module version for `go install`, and the
// commit for a build in a clone. The package sends no requests and does not
// look for newer releases.
package version

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
)

// Only the command internal/release sets these variables, with -ldflags "-X …".
var (
	release string // release is the version, for example "v1.2.3".
	commit  string // commit is the full commit ID.
	date    string // date is the date of the commit in the format of RFC 3339.
)

// Info describes a program. An unknown field is empty, but an unknown Version
// is "devel".
type Info struct {
	Version  string `json:"version"`
	Commit   string `json:"commit,omitempty"`
	Date     string `json:"date,omitempty"` // Date is the date of the commit in the format of RFC 3339.
	Modified bool   `json:"modified,omitempty"`
	Go       string `json:"go"`
	Platform string `json:"platform"` // Platform has the form of an image platform, for example "linux/amd64".
}

// Read returns the facts about the running program.
func Read() Info {
	info := Info{Version: release, Commit: commit, Date: date}
	if release == "" {
		build, _ := debug.ReadBuildInfo()
		info = fromBuildInfo(build)
	}
	info.Go = runtime.Version()
	info.Platform = runtime.GOOS + "/" + runtime.GOARCH
	return info
}

// fromBuildInfo returns the data that the Go toolchain stored in the program. The
// argument "build" is nil if the program was built without module support.
func fromBuildInfo(build *debug.BuildInfo) Info {
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

// String returns these facts as one line, for example "v1.2.3 (commit 0a1b2c3d4e5f of
// 2026-10-01T12:00:00Z, go1.26.0, linux/amd64)".
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
	return fmt.Sprintf("%s (%s)", i.Version, strings.Join(about, ", "))
}

// String returns Read().String().
func String() string { return Read().String() }

// UserAgent returns the value of the User-Agent header, for example
// "ghcr-publish/v1.2.3".
func UserAgent() string { return "ghcr-publish/" + Read().Version }
