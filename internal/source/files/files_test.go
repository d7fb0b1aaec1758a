package files_test

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/ci/needs"
	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/input"
	"github.com/ghcr-publish/ghcr-publish/internal/source"
	"github.com/ghcr-publish/ghcr-publish/internal/source/files"
)

// folder writes files into a new folder. The arguments are pairs of a name and
// a content.
func folder(t *testing.T, pairs ...string) string {
	t.Helper()
	dir := t.TempDir()
	for i := 0; i < len(pairs); i += 2 {
		path := filepath.Join(dir, pairs[i])
		check(t, os.MkdirAll(filepath.Dir(path), 0o755))
		check(t, os.WriteFile(path, []byte(pairs[i+1]), 0o600))
	}
	return dir
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// to returns one line of the input content.
func to(path, place string) input.Content { return input.Content{Path: path, To: place} }

func open(t *testing.T, f input.Files) (*source.Source, error) {
	t.Helper()
	return files.Open(t.Context(), files.Options{Name: "test", Files: &f})
}

func made(t *testing.T, f input.Files) *source.Source {
	t.Helper()
	src, err := open(t, f)
	check(t, err)
	return src
}

// layerFiles returns the entries of a layer with name, content and link target.
func layerFiles(t *testing.T, b *image.Blob) []string {
	t.Helper()
	in, err := b.Open(t.Context())
	check(t, err)
	defer in.Close()
	z, err := gzip.NewReader(in)
	check(t, err)
	var out []string
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return out
		}
		check(t, err)
		body, err := io.ReadAll(r)
		check(t, err)
		if h.Uid+h.Gid != 0 || h.Uname+h.Gname != "" || !h.ModTime.Equal(time.Unix(0, 0)) || len(h.PAXRecords) > 0 {
			t.Errorf("%s has an owner, a time or more: %+v", h.Name, h)
		}
		out = append(out, strings.TrimSpace(h.Name+" "+string(body)+h.Linkname))
	}
}

func TestContentOfALayer(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name string
		make func(t *testing.T) []input.Content
		want []string
	}{
		{"a file by name", func(t *testing.T) []input.Content {
			return []input.Content{to(folder(t, "a", "1")+"/a", "/b")}
		}, []string{"b 1"}},
		{"a file into a folder", func(t *testing.T) []input.Content {
			return []input.Content{{Path: folder(t, "a", "1") + "/a", To: "/b", Into: true}}
		}, []string{"b/", "b/a 1"}},
		{"a file into the root", func(t *testing.T) []input.Content {
			return []input.Content{to(folder(t, "a", "1")+"/a", "/")}
		}, []string{"a 1"}},
		{"files of two folders with one path, in sorted order", func(t *testing.T) []input.Content {
			return []input.Content{to(folder(t, "d/z", "1"), "/"), to(folder(t, "d/a", "2", "b", "3"), "/")}
		}, []string{"b 3", "d/", "d/a 2", "d/z 1"}},
		{"links inside", func(t *testing.T) []input.Content {
			dir := folder(t, "d/a", "1")
			needs.Link(t, "../d/a", filepath.Join(dir, "d", "up"))
			needs.Link(t, "nowhere", filepath.Join(dir, "dangling"))
			return []input.Content{to(dir, "/")}
		}, []string{"d/", "d/a 1", "d/up ../d/a", "dangling nowhere"}},
		{"a link in content is followed", func(t *testing.T) []input.Content {
			dir, other := folder(t), folder(t, "a", "1")
			needs.Link(t, other, filepath.Join(dir, "link"))
			return []input.Content{to(filepath.Join(dir, "link"), "/")}
		}, []string{"a 1"}},
		{"hard links are files", func(t *testing.T) []input.Content {
			dir := folder(t, "a", "1")
			check(t, os.Link(filepath.Join(dir, "a"), filepath.Join(dir, "b")))
			return []input.Content{to(dir, "/")}
		}, []string{"a 1", "b 1"}},
		{"an empty folder", func(t *testing.T) []input.Content {
			dir := folder(t)
			check(t, os.Mkdir(filepath.Join(dir, "empty"), 0o700))
			return []input.Content{to(dir, "/")}
		}, []string{"empty/"}},
		{"without git", func(t *testing.T) []input.Content {
			return []input.Content{to(folder(t, "a", "1", ".git/config", "secret", "sub/.git", "gitdir: x"), "/")}
		}, []string{"a 1", "sub/"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			root := made(t, input.Files{Content: c.make(t)}).Root
			if got := layerFiles(t, root.Blobs[1]); !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestInvalidContentIsRefused(t *testing.T) {
	t.Parallel()
	link := func(where string) func(t *testing.T) []input.Content {
		return func(t *testing.T) []input.Content {
			dir := folder(t, "d/a", "1")
			needs.Link(t, where, filepath.Join(dir, "d", "link"))
			return []input.Content{to(dir, "/")}
		}
	}
	cases := []struct {
		name, code string
		make       func(t *testing.T) []input.Content
	}{
		{"nothing", files.CodeNotFound, func(t *testing.T) []input.Content { return []input.Content{to(folder(t), "/")} }},
		{"a missing file", files.CodeNotFound, func(t *testing.T) []input.Content {
			return []input.Content{to(filepath.Join(folder(t), "no"), "/")}
		}},
		{"a link to the parent folder", files.CodeUnsafe, link("../../x")},
		{"an absolute link", files.CodeUnsafe, link("/etc/passwd")},
		{"two files with one path in the image", files.CodeDuplicate, func(t *testing.T) []input.Content {
			return []input.Content{to(folder(t, "a", "1"), "/"), to(folder(t, "a", "1"), "/")}
		}},
		{"a file below a file", files.CodeDuplicate, func(t *testing.T) []input.Content {
			dir := folder(t, "a", "1")
			return []input.Content{to(dir+"/a", "/x"), to(dir+"/a", "/x/y")}
		}},
		{"a file below a link", files.CodeDuplicate, func(t *testing.T) []input.Content {
			dir := folder(t, "a", "1")
			needs.Link(t, "a", filepath.Join(dir, "lib"))
			return []input.Content{to(dir, "/"), to(dir+"/a", "/lib/y")}
		}},
		{"a whiteout", files.CodeName, func(t *testing.T) []input.Content {
			return []input.Content{to(folder(t, "d/.wh.x", ""), "/")}
		}},
		{"a whiteout by its path in the image", files.CodeName, func(t *testing.T) []input.Content {
			return []input.Content{to(folder(t, "a", "1")+"/a", "/.wh..wh..opq")}
		}},
		{"a name that is not text", files.CodeName, func(t *testing.T) []input.Content {
			needs.Name(t, "a\n")
			return []input.Content{to(folder(t, "a\n", "1"), "/")}
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if _, err := open(t, input.Files{Content: c.make(t)}); !diag.Is(err, c.code) {
				t.Errorf("got %v, want %s", err, c.code)
			}
		})
	}
}

// elf returns the start of a program for a machine.
func elf(machine byte) string {
	return "\x7fELF\x02\x01\x01" + strings.Repeat("\x00", 11) + string([]byte{machine, 0}) + "rest"
}

func TestPlatforms(t *testing.T) {
	t.Parallel()
	arm := v1.Platform{OS: "linux", Architecture: "arm64"}
	dist := func(t *testing.T, names ...string) string {
		var pairs []string
		for _, n := range names {
			pairs = append(pairs, n, n)
		}
		return folder(t, pairs...)
	}
	cases := []struct {
		name string
		make func(t *testing.T) input.Files
		want string
	}{
		{"the default platform", func(t *testing.T) input.Files {
			return input.Files{Content: []input.Content{to(folder(t, "a", "1"), "/")}}
		}, "linux/amd64"},
		{"the platforms in the input", func(t *testing.T) input.Files {
			return input.Files{Content: []input.Content{to(folder(t, "a", "1"), "/")}, Platforms: []v1.Platform{{OS: "linux", Architecture: "s390x"}, arm, arm}}
		}, "linux/s390x linux/arm64"},
		{"the platform of the programs", func(t *testing.T) input.Files {
			return input.Files{Content: []input.Content{to(folder(t, "a", elf(183)), "/")}}
		}, "linux/arm64"},
		{"the platforms in the paths", func(t *testing.T) input.Files {
			dir := dist(t, "linux-arm64", "linux-amd64", "linux-armv6", "linux-armv7", "linux-amd64.sha256", "windows-amd64")
			return input.Files{Content: []input.Content{to(filepath.Join(dir, "{os}-{arch}{variant}"), "/a")}}
		}, "linux/amd64 linux/arm/v6 linux/arm/v7 linux/arm64"},
		{"the names of GoReleaser and uname", func(t *testing.T) input.Files {
			dir := dist(t, "a_linux_amd64_v1/a", "a_linux_arm64_v8.0/a", "a_linux_arm_7/a")
			return input.Files{Content: []input.Content{to(filepath.Join(dir, "a_{os}_{arch}_{variant}", "a"), "/a")}}
		}, "linux/amd64 linux/arm/v7 linux/arm64"},
		{"uname's names", func(t *testing.T) input.Files {
			return input.Files{Content: []input.Content{to(filepath.Join(dist(t, "x86_64", "aarch64"), "{arch}"), "/a")}}
		}, "linux/amd64 linux/arm64"},
		{"uname's names of arm", func(t *testing.T) input.Files {
			return input.Files{Content: []input.Content{to(filepath.Join(dist(t, "armv6l", "armhf", "ARMv5"), "{arch}"), "/a")}}
		}, "linux/arm/v5 linux/arm/v6 linux/arm/v7"},
		{"a complete platform in one name", func(t *testing.T) input.Files {
			dir := dist(t, "linux-amd64", "linux_arm_6", "linux-arm-v7", "arm64", "linux-386_sse2", "linux-s390x.txt", "Linux_riscv64", "darwin-arm64")
			return input.Files{Content: []input.Content{to(filepath.Join(dir, "{platform}"), "/a")}}
		}, "linux/386 linux/amd64 linux/arm/v6 linux/arm/v7 linux/arm64 linux/riscv64"},
		{"a complete platform in folders", func(t *testing.T) input.Files {
			dir := dist(t, "linux/amd64/a", "linux/arm/v6/a", "linux/arm/v7/a", "linux/readme", "windows")
			return input.Files{Content: []input.Content{to(filepath.Join(dir, "{platform}"), "/")}}
		}, "linux/amd64 linux/arm/v6 linux/arm/v7"},
		{"one of several platforms", func(t *testing.T) input.Files {
			return input.Files{Content: []input.Content{to(filepath.Join(dist(t, "amd64", "arm64"), "{arch}"), "/a")}, Platforms: []v1.Platform{arm}}
		}, "linux/arm64"},
		{"the same placeholder twice", func(t *testing.T) input.Files {
			dir := dist(t, "amd64/amd64", "arm64/amd64", "arm64/arm64")
			return input.Files{Content: []input.Content{to(filepath.Join(dir, "{arch}", "{arch}"), "/a")}}
		}, "linux/amd64 linux/arm64"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, m := range image.Images(made(t, c.make(t)).Root) {
				got = append(got, m.Platform.String())
			}
			if strings.Join(got, " ") != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestPathsWithoutFilesForAPlatform(t *testing.T) {
	t.Parallel()
	dir := folder(t, "x/amd64", "1", "x/arm64", "2", "y/amd64", "3")
	_, err := open(t, input.Files{Content: []input.Content{to(dir+"/x/{arch}", "/x"), to(dir+"/y/{arch}", "/y")}})
	if !diag.Is(err, files.CodePlatform) || !strings.Contains(err.Error(), "linux/arm64") {
		t.Errorf("got %v", err)
	}
	_, err = open(t, input.Files{Content: []input.Content{to(dir+"/z-{arch}", "/x")}})
	if !diag.Is(err, files.CodeNotFound) {
		t.Errorf("got %v", err)
	}
}

func TestPathsThatLookLikeAPlatformGiveAWarning(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, pattern string
		files         []string
		want          string // the platforms in the warning
	}{
		{"a variant", "{os}-{arch}/a", []string{"linux-amd64/a", "linux-arm-v7/a"}, "linux/arm/v7"},
		{"another separator", "{os}-{arch}/a", []string{"linux-amd64/a", "linux_arm64/a"}, "linux/arm64"},
		{"folders", "{os}-{arch}/a", []string{"linux-amd64/a", "linux/arm/v7/a"}, "linux/arm/v7"},
		{"a system that the pattern does not have", "{arch}/a", []string{"amd64/a", "linux-arm64/a"}, "linux/arm64"},
		{"a variant that is text in the pattern", "app_{os}_{arch}_v1", []string{"app_linux_amd64_v1", "app_linux_arm_7"}, "linux/arm/v7"},
		{"a folder without the file", "{os}-{arch}/a", []string{"linux-amd64/a", "linux-arm64/b"}, "linux/arm64"},
		{"an architecture without the system of the pattern", "{os}-{arch}/a", []string{"linux-amd64/a", "arm64/a"}, ""},
		{"another system", "{os}-{arch}/a", []string{"linux-amd64/a", "darwin_arm64/a"}, ""},
		{"another prefix", "app-{arch}", []string{"app-amd64", "tool-arm64"}, ""},
		{"a file beside the program", "app-{arch}", []string{"app-amd64", "app-amd64.sha256", "app-notes"}, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var pairs []string
			for _, f := range c.files {
				pairs = append(pairs, f, f)
			}
			src := made(t, input.Files{Content: []input.Content{to(filepath.Join(folder(t, pairs...), c.pattern), "/a")}})
			at := slices.IndexFunc(src.Notices, func(n diag.Notice) bool { return n.Code == "content-platform-missed" })
			if (at >= 0) != (c.want != "") || at >= 0 && !strings.Contains(src.Notices[at].Text, " "+c.want+",") {
				t.Errorf("notices are %+v, want a warning about %q", src.Notices, c.want)
			}
		})
	}
}

func TestProgramsForAnotherArchitectureGiveAWarning(t *testing.T) {
	t.Parallel()
	src := made(t, input.Files{
		Content:   []input.Content{to(folder(t, "a", elf(62)), "/")},
		Platforms: []v1.Platform{{OS: "linux", Architecture: "amd64"}, {OS: "linux", Architecture: "arm64"}},
	})
	if len(src.Notices) != 1 || src.Notices[0].Code != "content-architecture" || !strings.Contains(src.Notices[0].Text, "linux/arm64") {
		t.Errorf("notices are %+v", src.Notices)
	}
	if a, b := src.Root.Children[0].Blobs[1], src.Root.Children[1].Blobs[1]; a != b {
		t.Error("equal files became two layers")
	}
}

// The push reads the files of a large layer a second time. The content must be
// the same.
func TestAFileThatChangesBetweenTwoReadsIsAnError(t *testing.T) {
	t.Parallel()
	noise := make([]byte, 9<<20) // larger than the memory limit
	for i, x := 0, uint32(1); i < len(noise); i++ {
		x ^= x << 13
		x ^= x >> 17
		x ^= x << 5
		noise[i] = byte(x)
	}
	dir := folder(t, "a", string(noise))
	layer := made(t, input.Files{Content: []input.Content{to(dir, "/")}}).Root.Blobs[1]
	read := func() (v1.Hash, error) {
		in, err := layer.Open(t.Context())
		check(t, err)
		defer in.Close()
		h, _, err := v1.SHA256(in)
		return h, err
	}
	if got, err := read(); err != nil || got != layer.Descriptor.Digest {
		t.Errorf("the second read returned %s, %v; want %s", got, err, layer.Descriptor.Digest)
	}
	check(t, os.WriteFile(filepath.Join(dir, "a"), []byte("other"), 0o600))
	if _, err := read(); !diag.Is(err, files.CodeChanged) {
		t.Errorf("got %v, want %s", err, files.CodeChanged)
	}
}

func TestACancelledRunStops(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	f := input.Files{Content: []input.Content{to(folder(t, "a", "1"), "/")}}
	if _, err := files.Open(ctx, files.Options{Files: &f}); err == nil {
		t.Error("a cancelled run did not stop")
	}
}
