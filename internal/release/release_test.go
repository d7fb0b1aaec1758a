package main

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/ci/needs"
	"github.com/ghcr-publish/ghcr-publish/internal/release/launch"
)

// tiny is the module that the tests release. Its program only prints its
// version.
var tiny = map[string]string{
	"go.mod":                              "module github.com/ghcr-publish/ghcr-publish\n\ngo 1.26.0\n",
	"main.go":                             "package main\n\nimport \"github.com/ghcr-publish/ghcr-publish/internal/release/version\"\n\nfunc main() { version.Print() }\n",
	"internal/release/version/version.go": "package version\n\nvar release, commit, date string\n\nfunc Print() { println(release, commit, date) }\n",
	"internal/release/launch/launch.cjs":  "// the launcher\n",
	".gitignore":                          "bin/\n",
}

const (
	tinyDate    = "2026-10-01T12:00:00+02:00"
	tinyDateUTC = "2026-10-01T10:00:00Z"
)

// hostPack is the path of the compressed file with the program for this machine.
var hostPack = launch.Pack(runtime.GOARCH)

// newClone creates a clone of the tiny module with one commit.
func newClone(t *testing.T) source {
	t.Helper()
	needs.Program(t, "git")
	repo := t.TempDir()
	for name, content := range tiny {
		writeFile(t, filepath.Join(repo, filepath.FromSlash(name)), content)
	}
	git(t, repo, "init", "--quiet")
	git(t, repo, "add", "--all")
	git(t, repo, "commit", "--quiet", "--message", "tiny")
	src, err := findCommit(t.Context(), repo, "HEAD")
	if err != nil {
		t.Fatal(err)
	}
	return src
}

func git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	out, err := command(t.Context(), dir, []string{
		"GIT_CONFIG_GLOBAL=" + os.DevNull, "GIT_AUTHOR_DATE=" + tinyDate, "GIT_COMMITTER_DATE=" + tinyDate,
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.com",
	}, "git", args...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// needsCompressor checks that the installed Node.js can compress with zstd.
func needsCompressor(t *testing.T) {
	t.Helper()
	if _, err := compressor(t.Context()); err != nil {
		needs.Missing(t, "Node.js 24 is not installed here:", err)
	}
}

// newRelease creates a release of the tiny module for this machine only.
func newRelease(t *testing.T, src source) release {
	t.Helper()
	needsCompressor(t)
	made := filepath.Join(t.TempDir(), "made")
	r := release{
		source: src, version: "v1.2.3", out: filepath.Join(made, "tree"), programs: filepath.Join(made, "programs"),
		platforms: []launch.Platform{launch.Host()}, level: 1,
	}
	if err := r.writeTree(t.Context()); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestReleaseTree(t *testing.T) {
	t.Parallel()
	src := newClone(t)
	writeFile(t, filepath.Join(src.repo, "left-over.txt"), "not committed")
	writeFile(t, filepath.Join(src.repo, "main.go"), "not committed either")
	r := newRelease(t, src)

	got, want := files(t, r.out), []string{launch.ManifestFile, hostPack}
	for name := range tiny {
		want = append(want, name)
	}
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("files:\ngot  %q\nwant %q", got, want)
	}

	m, err := launch.ReadManifest(r.out)
	if err != nil {
		t.Fatal(err)
	}
	if m.Version != "v1.2.3" || m.Commit != src.commit || m.Date != tinyDateUTC || !strings.HasPrefix(m.Go, "go1.") {
		t.Errorf("manifest: got %+v", m)
	}
	built, err := measure(r.program(launch.Host()))
	if err != nil {
		t.Fatal(err)
	}
	listed := m.Platforms[launch.Host().String()]
	inTree, err := packed(r.out, listed)
	if err != nil {
		t.Fatal(err)
	}
	if inTree != listed || listed.SHA256 != built.SHA256 || listed.Size != built.Size || built.Size == 0 {
		t.Errorf("manifest: got %+v, the program is %+v, the compressed program is %+v", listed, built, inTree)
	}
	if got, want := string(readFile(t, filepath.Join(r.programs, "SHA256SUMS"))), built.SHA256+"  "+launch.Host().Name()+"\n"; got != want {
		t.Errorf("SHA256SUMS: got %q, want %q", got, want)
	}
}

func TestProgramPrintsItsRelease(t *testing.T) {
	t.Parallel()
	src := newClone(t)
	r := newRelease(t, src)
	out, err := exec.CommandContext(t.Context(), r.program(launch.Host())).CombinedOutput()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(out), "v1.2.3 "+src.commit+" "+tinyDateUTC+"\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestReleaseIsReproducible(t *testing.T) {
	t.Parallel()
	needs.Modes(t)
	src := newClone(t)
	one, two := newRelease(t, src), newRelease(t, src)
	for _, name := range files(t, one.out) {
		a, b := readFile(t, inTree(one.out, name)), readFile(t, inTree(two.out, name))
		if !bytes.Equal(a, b) {
			t.Errorf("%s differs between two releases of one commit", name)
		}
	}
	first, err := one.commitTree(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	second, err := two.commitTree(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if first != second {
		t.Errorf("release commits: %s and %s", first, second)
	}
}

func TestCommitTree(t *testing.T) {
	t.Parallel()
	src := newClone(t)
	id, err := newRelease(t, src).commitTree(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got := git(t, src.repo, "rev-parse", id+"^@"); got != src.commit {
		t.Errorf("parents: got %q, want only the released commit", got)
	}
	changed := git(t, src.repo, "diff", "--name-only", src.commit, id)
	if want := strings.Join([]string{hostPack, launch.ManifestFile}, "\n"); changed != want {
		t.Errorf("changes:\ngot  %q\nwant %q", changed, want)
	}
	if status := git(t, src.repo, "status", "--porcelain"); status != "" {
		t.Errorf("the clone was changed: %s", status)
	}
}

// GitHub's lock files need a branch that contains the locked commit, and a tag v1 that
// points at a descendant of the locked commit (github/gh-actions-lock,
// internal/resolve/reverse_lookup.go and internal/pipeline/checks/misleading.go).
func TestLockOfARelease(t *testing.T) {
	t.Parallel()
	needsCompressor(t)
	src := newClone(t)
	remote := t.TempDir()
	git(t, remote, "init", "--quiet", "--bare")
	publish := func(version, previous string) string {
		r := release{source: src, version: version, out: filepath.Join(t.TempDir(), "tree"), programs: t.TempDir(), platforms: []launch.Platform{launch.Host()}, level: 1}
		var err error
		if r.previous, err = src.findPrevious(t.Context(), previous, version); err != nil {
			t.Fatal(err)
		}
		if err := r.writeTree(t.Context()); err != nil {
			t.Fatal(err)
		}
		id, err := r.commitTree(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		// The arguments are those of release.yml, which pushes without force.
		git(t, src.repo, "push", "--quiet", "--atomic", remote, id+":refs/tags/"+version, id+":refs/heads/releases/"+major(version))
		return id
	}
	first := publish("v1.0.0", "")
	git(t, src.repo, "commit", "--quiet", "--allow-empty", "--message", "fix")
	src, err := findCommit(t.Context(), src.repo, "HEAD")
	if err != nil {
		t.Fatal(err)
	}
	second := publish("v1.0.1", first)
	third := publish("v1.1.0-rc.1", second)
	other := publish("v2.0.0", "")

	for _, locked := range []string{first, second, third} {
		if got := git(t, remote, "branch", "--format=%(refname:short)", "--contains", locked); got != "releases/v1" {
			t.Errorf("branches that contain %s: got %q, want releases/v1", locked, got)
		}
		git(t, remote, "merge-base", "--is-ancestor", locked, "refs/heads/releases/v1")
	}
	if got := git(t, remote, "rev-parse", second+"^@"); got != src.commit+"\n"+first {
		t.Errorf("parents of v1.0.1: got %q, want the sources %s and v1.0.0 %s", got, src.commit, first)
	}
	if got := git(t, remote, "rev-parse", other+"^@"); got != src.commit {
		t.Errorf("parents of v2.0.0: got %q, want only the sources", got)
	}
	if _, err := command(t.Context(), src.repo, nil, "git", "push", "--quiet", remote, other+":refs/heads/releases/v1"); err == nil {
		t.Error("a release that does not descend from the previous release replaced the branch")
	}
}

func TestPreviousReleaseMustHaveTheSameMajorVersion(t *testing.T) {
	t.Parallel()
	src := newClone(t)
	previous, err := newRelease(t, src).commitTree(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	cases := []struct{ name, id, version, want string }{
		{"no release", "", "v1.2.4", ""},
		{"the same major version", previous, "v1.2.4", ""},
		{"another major version", previous, "v2.0.0", "must be an earlier release of v2"},
		{"a major version with the same digits", previous, "v12.0.0", "must be an earlier release of v12"},
		{"the same version", previous, "v1.2.3", "must be an earlier release of v1"},
		{"the sources", src.commit, "v1.2.4", "reading the manifest of the previous release"},
		{"an unknown commit", strings.Repeat("0", 40), "v1.2.4", "looking up the previous release"},
		{"an option", "--all", "v1.2.4", "looking up the previous release"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := src.findPrevious(t.Context(), c.id, c.version)
			switch {
			case c.want == "" && (err != nil || got != c.id):
				t.Errorf("got %q, %v; want %q", got, err, c.id)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestReleaseAfterAPreviousReleaseIsReproducible(t *testing.T) {
	t.Parallel()
	src := newClone(t)
	previous, err := newRelease(t, src).commitTree(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for range 2 {
		r := release{source: src, version: "v1.2.4", out: filepath.Join(t.TempDir(), "tree"), programs: t.TempDir(), previous: previous, platforms: []launch.Platform{launch.Host()}, level: 1}
		if err := r.writeTree(t.Context()); err != nil {
			t.Fatal(err)
		}
		id, err := r.commitTree(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	if ids[0] != ids[1] {
		t.Errorf("release commits: %q", ids)
	}
}

func TestReleaseRefuses(t *testing.T) {
	t.Parallel()
	src := newClone(t)
	occupied := t.TempDir()
	cases := []struct {
		name, version, out, want string
	}{
		{"a version without v", "1.2.3", "new", `the version "1.2.3" does not have the form v1.2.3`},
		{"a moving tag", "v1", "new", "does not have the form v1.2.3"},
		{"flags for the linker in the version", "v1.2.3 -X a.b=c", "new", "does not have the form v1.2.3"},
		{"a folder that exists", "v1.2.3", occupied, "creating the folder of the tree"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			out := c.out
			if !filepath.IsAbs(out) {
				out = filepath.Join(t.TempDir(), out)
			}
			r := release{source: src, version: c.version, out: out}
			err := r.writeTree(t.Context())
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func files(t *testing.T, root string) []string {
	t.Helper()
	var names []string
	err := fs.WalkDir(os.DirFS(root), ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names = append(names, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	return names
}

func writeFile(t *testing.T, file, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func readFile(t *testing.T, file string) []byte {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return content
}
