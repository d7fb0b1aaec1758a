package migrate

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/ci/needs"
)

// TestTrees runs the cases with several files. testdata/trees/NAME/before is a
// checkout of acme/web, after is the migrated checkout, and findings is the
// report.
func TestTrees(t *testing.T) {
	t.Parallel()
	trees, err := filepath.Glob("testdata/trees/*/before")
	if err != nil || len(trees) == 0 {
		t.Fatal("testdata/trees has no cases", err)
	}
	for _, before := range trees {
		dir := filepath.Dir(before)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Parallel()
			root := Root{Dir: t.TempDir(), Repository: "acme/web"}
			if err := os.CopyFS(root.Dir, os.DirFS(before)); err != nil {
				t.Fatal(err)
			}
			opts := optionsFor(filepath.Base(dir))
			report := scan(t, opts, root)
			if err := Write(report); err != nil {
				t.Fatal(err)
			}
			compareTree(t, filepath.Join(dir, "after"), root.Dir)
			compare(t, filepath.Join(dir, "findings"), []byte(describe(report, root.Dir)))
			if again := scan(t, opts, root); len(again.Files) > 0 {
				t.Errorf("a second run changes %s again:\n%s", again.Files[0].Path, again.Files[0].Diff())
			}
		})
	}
}

func scan(t testing.TB, opts Options, roots ...Root) *Report {
	t.Helper()
	report, err := Scan(t.Context(), roots, opts)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func compareTree(t *testing.T, want, got string) {
	t.Helper()
	if *update {
		if err := errors.Join(os.RemoveAll(want), os.CopyFS(want, os.DirFS(got))); err != nil {
			t.Fatal(err)
		}
	}
	names, gotNames := filesIn(t, want), filesIn(t, got)
	if !slices.Equal(names, gotNames) {
		t.Errorf("files %v, want %v", gotNames, names)
	}
	for _, name := range names {
		if a, b := readFile(t, filepath.Join(got, name)), readFile(t, filepath.Join(want, name)); !bytes.Equal(a, b) {
			t.Errorf("%s differs; got:\n%s\nwant:\n%s", name, a, b)
		}
	}
}

func filesIn(t *testing.T, dir string) []string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			rel, _ := filepath.Rel(dir, path)
			names = append(names, rel)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// checkoutWith creates a checkout with the given files and returns its
// directory.
func checkoutWith(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const patLogin = `on: push
jobs:
  image:
    runs-on: ubuntu-latest
    permissions: {packages: write}
    steps:
      - run: docker login ghcr.io -u ${{ github.actor }} -p ${{ secrets.CR_PAT }} && docker push ghcr.io/acme/web
`

func TestScanSkipsLargeFilesAndLinksToOutside(t *testing.T) {
	t.Parallel()
	outside := checkoutWith(t, map[string]string{"secret.yml": patLogin})
	dir := checkoutWith(t, map[string]string{
		".github/workflows/big.yml":  patLogin + strings.Repeat("# padding\n", 110000),
		".github/workflows/good.yml": patLogin,
		".github/workflows/note.txt": "jobs: {}",
	})
	workflows := filepath.Join(dir, ".github", "workflows")
	for link, target := range map[string]string{"out.yml": filepath.Join(outside, "secret.yml"), "gone.yml": "nowhere.yml", "in.yml": "good.yml"} {
		needs.Link(t, target, filepath.Join(workflows, link))
	}
	if err := os.Mkdir(filepath.Join(workflows, "dir.yml"), 0o755); err != nil {
		t.Fatal(err)
	}
	report := scan(t, Options{}, Root{Dir: dir, Repository: "acme/web"})
	var skipped []string
	for _, s := range report.Skipped {
		skipped = append(skipped, filepath.Base(s.Path))
	}
	if got, want := strings.Join(skipped, " "), "big.yml gone.yml out.yml"; got != want {
		t.Errorf("skipped %q, want %q: %v", got, want, report.Skipped)
	}
	if !errors.Is(report.Skipped[0].Err, errTooLarge) {
		t.Errorf("big.yml: %v", report.Skipped[0].Err)
	}
	if len(report.Files) != 2 {
		t.Errorf("%d files would change, want good.yml and in.yml", len(report.Files))
	}
}

func TestScanFollowsCallsBetweenCheckouts(t *testing.T) {
	t.Parallel()
	callee := strings.Replace(patLogin, "on: push", "on: workflow_call", 1)
	one := checkoutWith(t, map[string]string{".github/workflows/image.yml": callee})
	two := checkoutWith(t, map[string]string{".github/workflows/ci.yml": "on: push\njobs:\n  image:\n    uses: acme/shared/.github/workflows/image.yml@v1\n    permissions:\n      contents: read\n    secrets: inherit\n"})
	report := scan(t, Options{}, Root{Dir: one, Repository: "acme/shared"}, Root{Dir: two, Repository: "acme/web"})
	if len(report.Files) != 2 {
		t.Fatalf("%d files would change, want 2: %+v", len(report.Files), report.Findings)
	}
	i := slices.IndexFunc(report.Files, func(f File) bool { return strings.HasSuffix(f.Path, "ci.yml") })
	if !strings.Contains(string(report.Files[i].After), "      contents: read\n      packages: write\n") {
		t.Errorf("the caller does not have the permission:\n%s", report.Files[i].After)
	}
}

func TestOwnerComesFromTheGitRemote(t *testing.T) {
	t.Parallel()
	for url, fixed := range map[string]bool{
		"https://github.com/Acme/web.git": true, "git@github.com:acme/web.git": true, "ssh://git@github.com/acme/web": true,
		"https://github.com/other/web": false,
	} {
		dir := checkoutWith(t, map[string]string{
			".git/config":              "[core]\n\tbare = false\n[remote \"upstream\"]\n\turl = https://github.com/x/y\n[remote \"origin\"]\n\turl = " + url + "\n",
			".github/workflows/ci.yml": patLogin,
		})
		if report := scan(t, Options{}, Root{Dir: dir}); (len(report.Files) == 1) != fixed {
			t.Errorf("%s: %d files would change, findings %+v", url, len(report.Files), report.Findings)
		}
	}
}

func TestRoots(t *testing.T) {
	t.Parallel()
	dir := checkoutWith(t, map[string]string{".github/workflows/ci.yml": patLogin, "tools/action.yml": "runs: {using: composite, steps: []}\n"})
	other := checkoutWith(t, map[string]string{".git/config": "", "x.yml": patLogin})
	roots, err := Roots([]string{filepath.Join(dir, ".github", "workflows"), filepath.Join(dir, "tools", "action.yml"), other, filepath.Join(other, "x.yml")})
	if err != nil {
		t.Fatal(err)
	}
	want := []Root{{Dir: dir, Paths: []string{".github/workflows", "tools/action.yml"}}, {Dir: other, Paths: []string{"x.yml"}}}
	if len(roots) != 2 || roots[0].Dir != want[0].Dir || !slices.Equal(roots[0].Paths, want[0].Paths) || !slices.Equal(roots[1].Paths, want[1].Paths) {
		t.Errorf("got %+v, want %+v", roots, want)
	}
	if _, err := Roots([]string{filepath.Join(dir, "absent")}); err == nil {
		t.Error("Roots accepts a path that does not exist")
	}
	if _, err := Scan(t.Context(), []Root{{Dir: filepath.Join(dir, "absent")}}, Options{}); err == nil {
		t.Error("Scan accepts a checkout that does not exist")
	}
}

func TestScanStopsWhenCancelled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	dir := checkoutWith(t, map[string]string{".github/workflows/ci.yml": patLogin})
	if _, err := Scan(ctx, []Root{{Dir: dir}}, Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
}

func TestScanNamesAnUnreadableFile(t *testing.T) {
	t.Parallel()
	needs.Modes(t)
	if os.Getuid() == 0 {
		t.Skip("root may read each file")
	}
	dir := checkoutWith(t, map[string]string{".github/workflows/ci.yml": patLogin})
	if err := os.Chmod(filepath.Join(dir, ".github", "workflows", "ci.yml"), 0); err != nil {
		t.Fatal(err)
	}
	report := scan(t, Options{}, Root{Dir: dir})
	if len(report.Skipped) != 1 || !errors.Is(report.Skipped[0].Err, syscall.EACCES) {
		t.Errorf("skipped %+v", report.Skipped)
	}
}

// The folder .git of a worktree and of a submodule is a file that contains a path.
func TestOriginURLOfAWorktreeAndOfASubmodule(t *testing.T) {
	t.Parallel()
	const url = "git@github.com:acme/web.git"
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	config := "[remote \"origin\"]\n\turl = " + url + "\n"
	write("main/.git/config", config)
	write("main/.git/worktrees/feature/commondir", "../..\n")
	write("feature/.git", "gitdir: "+filepath.Join(dir, "main/.git/worktrees/feature")+"\n")
	write("main/.git/modules/lib/config", config)
	write("main/lib/.git", "gitdir: ../.git/modules/lib\n")
	write("broken/.git", "gitdir: ../none\n")
	for folder, want := range map[string]string{"main": url, "feature": url, "main/lib": url, "broken": ""} {
		if got := OriginURL(filepath.Join(dir, folder)); got != want {
			t.Errorf("%s: got %q, want %q", folder, got, want)
		}
	}
}
