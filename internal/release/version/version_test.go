package version

import (
	"runtime"
	"runtime/debug"
	"testing"
)

func TestFromBuildInfo(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name  string
		build *debug.BuildInfo
		want  Info
	}{
		{"no build information at all", nil, Info{Version: "devel"}},
		{"a build outside version control", &debug.BuildInfo{Main: debug.Module{Version: "(devel)"}}, Info{Version: "devel"}},
		{"go install of a version", &debug.BuildInfo{Main: debug.Module{Version: "v1.2.3"}}, Info{Version: "v1.2.3"}},
		{"a build in a clone", &debug.BuildInfo{Settings: []debug.BuildSetting{
			{Key: "GOOS", Value: "linux"},
			{Key: "vcs.revision", Value: "0a1b2c"},
			{Key: "vcs.time", Value: "2026-10-01T12:00:00Z"},
			{Key: "vcs.modified", Value: "true"},
		}}, Info{Version: "devel", Commit: "0a1b2c", Date: "2026-10-01T12:00:00Z", Modified: true}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := fromBuildInfo(c.build); got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}

func TestInfoString(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name string
		info Info
		want string
	}{
		{
			"a release",
			Info{Version: "v1.2.3", Commit: "0a1b2c3d4e5f60718293a4b5c6d7e8f901234567", Date: "2026-10-01T12:00:00Z", Go: "go1.26.0", Platform: "linux/amd64"},
			"v1.2.3 (commit 0a1b2c3d4e5f of 2026-10-01T12:00:00Z, go1.26.0, linux/amd64)",
		},
		{
			"local changes, a short commit",
			Info{Version: "devel", Commit: "0a1b", Modified: true, Go: "go1.26.0", Platform: "linux/arm64"},
			"devel (commit 0a1b, with local changes, go1.26.0, linux/arm64)",
		},
		{
			"nothing recorded",
			Info{Version: "devel", Go: "go1.26.0", Platform: "darwin/arm64"},
			"devel (go1.26.0, darwin/arm64)",
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := c.info.String(); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestReadPrefersTheValuesOfTheLinker(t *testing.T) {
	release, commit, date = "v9.8.7", "abc", "2026-10-01T12:00:00Z"
	t.Cleanup(func() { release, commit, date = "", "", "" })
	want := Info{
		Version: "v9.8.7", Commit: "abc", Date: "2026-10-01T12:00:00Z",
		Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH,
	}
	if got := Read(); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got, want := UserAgent(), "ghcr-publish/v9.8.7"; got != want {
		t.Errorf("user agent: got %q, want %q", got, want)
	}
}
