package ci

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

// restricted lists the dependencies that only some packages may import. The field
// dependency is the beginning of an import path. The field "packages" lists folders
// below internal/.
var restricted = []struct {
	dependency string
	packages   []string
}{
	{"github.com/google/go-github", []string{"github"}},
	{"golang.org/x/oauth2", []string{"registry/keychain"}},
	{"github.com/sigstore", []string{"attest", "ghcrtest/sigstore/forge"}},
	{"github.com/sethvargo/go-githubactions", []string{"workflow", "input"}},
	{ggcr + "/pkg/v1/remote", []string{"registry"}},
	{ggcr + "/pkg/registry", nil},
	{ggcr + "/pkg/crane", nil},
	{"github.com/spf13/cobra", []string{"cmd"}},
	{"github.com/santhosh-tekuri/jsonschema", []string{"report/schema"}},
	{module + "/internal/report/schema", nil},
	{module + "/internal/source/sourcetest", nil},
	{module + "/internal/ci/needs", []string{"source/sourcetest"}},
	{module + "/internal/ghcrtest", []string{"cmd"}},
	{module + "/internal/ghcrtest/random", nil},
	{module + "/internal/ghcrtest/sigstore/forge", nil},
	{"testing", []string{"ci/needs", "ghcrtest/sigstore/forge", "source/sourcetest"}},
}

// layers are the packages below internal/, from the lowest layer to the
// highest. A package imports only packages of lower layers. If the table does not
// list the folder of a package, the package belongs to the nearest listed folder
// above it. Packages that belong to the same listed folder may import each other.
var layers = [][]string{
	{"image/compress", "registry/retry", "release/launch", "release/version", "safe/bounded", "safe/keys", "safe/lazy", "safe/link", "safe/locked", "secret", "source/detect", "source/program"},
	{"ci", "cmd/demo", "diag", "ghcrtest"},
	{"attest", "github", "image", "image/document", "safe/markdown"},
	{"ci/roots", "docker", "ghcrtest/live", "image/rewrite", "image/rules", "input", "login", "meta", "registry/transport", "release", "source/archive", "source/storage"},
	{"migrate", "publish/gate", "publish/plan", "publish/pushed", "registry", "registry/keychain", "source/sourcetest", "workflow"},
	{"cmd/progress", "registry/referrers", "registry/refusal", "source", "source/dockerfile"},
	{"attest/stored", "image/mutate", "inspect", "publish/protect", "publish/push", "sink"},
	{"attest/proof", "cleanup", "publish/naming", "publish/resolve", "pull", "source/files", "source/merge"},
	{"publish"},
	{"report"},
	{"cmd"},
	{"."},
}

// imports returns the paths that each package imports. It reads the files for all
// operating systems, but no tests.
func imports(t *testing.T, root string) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && file != root && filepath.Dir(file) == root && d.Name() != "internal" {
			return fs.SkipDir // these folders contain tools and data
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
		pkg := strings.TrimPrefix(filepath.ToSlash(relative), "internal/")
		for _, spec := range parsed.Imports {
			name, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			out[pkg] = append(out[pkg], name)
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

func TestRestrictedDependenciesAreImportedOnlyByTheirPackages(t *testing.T) {
	t.Parallel()
	for pkg, names := range imports(t, root(t)) {
		for _, name := range names {
			for _, r := range restricted {
				matches := name == r.dependency || strings.HasPrefix(name, r.dependency+"/")
				if matches && !slices.Contains(r.packages, pkg) && !strings.HasPrefix(module+"/internal/"+pkg, r.dependency) {
					t.Errorf("%s imports %s, which only %q may import", pkg, name, r.packages)
				}
			}
		}
	}
}

func TestRestrictedDependenciesAreInUse(t *testing.T) {
	t.Parallel()
	all := imports(t, root(t))
	for _, r := range restricted {
		for _, pkg := range r.packages {
			if !slices.ContainsFunc(all[pkg], func(name string) bool { return strings.HasPrefix(name, r.dependency) }) {
				t.Errorf("%s does not import %s; remove the package from the table \"restricted\"", pkg, r.dependency)
			}
		}
	}
}

func TestImportsPointToLowerLayers(t *testing.T) {
	t.Parallel()
	for pkg, names := range imports(t, root(t)) {
		group, layer := layerOf(pkg)
		if layer < 0 {
			t.Errorf("package %s has no layer; add the package to the table \"layers\"", pkg)
			continue
		}
		for _, name := range names {
			other, internal := strings.CutPrefix(name, module+"/internal/")
			if !internal {
				continue
			}
			otherGroup, otherLayer := layerOf(other)
			if otherGroup != group && otherLayer >= layer {
				t.Errorf("%s (layer %d) imports %s (layer %d)", pkg, layer, other, otherLayer)
			}
		}
	}
}

func TestInternalHasAtMost24Entries(t *testing.T) {
	t.Parallel()
	entries, err := os.ReadDir(filepath.Join(root(t), "internal"))
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) > 24 {
		t.Errorf("internal/ has %d entries, more than 24; put related packages below one folder", len(entries))
	}
}

// layerOf returns the listed folder to which a package belongs, and the index of
// the layer. If the table lists no folder for the package, the index is -1.
func layerOf(pkg string) (group string, layer int) {
	for group = pkg; ; group = path.Dir(group) {
		if i := slices.IndexFunc(layers, func(l []string) bool { return slices.Contains(l, group) }); i >= 0 {
			return group, i
		}
		if !strings.Contains(group, "/") {
			return pkg, -1
		}
	}
}
