package doors_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const (
	module = "github.com/ghcr-publish/ghcr-publish"
	ggcr   = "github.com/google/go-containerregistry"
)

// doors are the dependencies that only some rooms may use, by the beginning of
// the import path.
var doors = []struct {
	dependency string
	rooms      []string
}{
	{"github.com/google/go-github", []string{"packages"}},
	{"golang.org/x/oauth2", []string{"auth"}},
	{"github.com/sethvargo/go-githubactions", []string{"workflow", "input"}},
	{ggcr + "/pkg/v1/remote", []string{"registry"}},
	{ggcr + "/pkg/registry", nil},
	{ggcr + "/pkg/crane", nil},
	{"github.com/spf13/cobra", []string{"action"}},
	{module + "/internal/source/sourcetest", nil},
	{module + "/internal/ghcrtest", []string{"action"}},
	{"testing", []string{"source/sourcetest"}},
}

// levels are the rooms by height: a room imports what is below it, and nothing
// beside it. A room inside another (meta/csv) belongs to that one.
var levels = [][]string{
	{"diag", "secret", "image", "compress", "program", "version", "roots", "try", "ghcrtest", "launch", "doors", "ci"},
	{"engine"},
	{"input", "auth", "packages", "meta", "workflow", "registry", "source", "plan", "migrate", "login", "network", "change", "sink", "release", "live", "build"},
	{"progress", "refusal", "publish", "resolve", "merge", "assembly", "guard", "referrers", "pull", "inspect", "archive"},
	{"report"},
	{"action"},
	{"."},
}

// imports lists what the files of a folder import, tests left out, whatever
// the system they are for.
func imports(t *testing.T, root string) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && file != root && filepath.Dir(file) == root && d.Name() != "internal" {
			return fs.SkipDir // tools and data
		}
		if !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(root, filepath.Dir(file))
		if err != nil {
			return err
		}
		room := strings.TrimPrefix(filepath.ToSlash(relative), "internal/")
		for _, spec := range parsed.Imports {
			name, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			out[room] = append(out[room], name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func root(t *testing.T) string {
	t.Helper()
	dir := filepath.Join("..", "..")
	if _, err := os.Stat(filepath.Join(dir, "go.mod")); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestEachDependencyHasItsDoor(t *testing.T) {
	t.Parallel()
	for room, names := range imports(t, root(t)) {
		for _, name := range names {
			for _, d := range doors {
				below := name == d.dependency || strings.HasPrefix(name, d.dependency+"/")
				if below && !slices.Contains(d.rooms, room) && !strings.HasPrefix(module+"/internal/"+room, d.dependency) {
					t.Errorf("%s imports %s, which is for %q alone", room, name, d.rooms)
				}
			}
		}
	}
}

func TestImportsPointDown(t *testing.T) {
	t.Parallel()
	for room, names := range imports(t, root(t)) {
		here := level(room)
		if here < 0 {
			t.Errorf("room %s has no level: give it one in this test", room)
			continue
		}
		for _, name := range names {
			other, ours := strings.CutPrefix(name, module+"/internal/")
			if !ours || house(other) == house(room) {
				continue
			}
			if there := level(other); there >= here {
				t.Errorf("%s (level %d) imports %s (level %d)", room, here, other, there)
			}
		}
	}
}

// TestDoorsAreInUse keeps the table from outliving what it speaks of.
func TestDoorsAreInUse(t *testing.T) {
	t.Parallel()
	all := imports(t, root(t))
	for _, d := range doors {
		for _, room := range d.rooms {
			if !slices.ContainsFunc(all[room], func(name string) bool { return strings.HasPrefix(name, d.dependency) }) {
				t.Errorf("%s does not use %s: close the door", room, d.dependency)
			}
		}
	}
}

// house is the first part of a room's path.
func house(room string) string {
	first, _, _ := strings.Cut(room, "/")
	return path.Clean(first)
}

func level(room string) int {
	return slices.IndexFunc(levels, func(rooms []string) bool { return slices.Contains(rooms, house(room)) })
}
