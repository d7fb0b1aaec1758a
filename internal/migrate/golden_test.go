package migrate

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the files after.yml and findings of the golden cases; review these files before you commit")

// goldenRoot writes a case into a checkout of acme/web, which has Dockerfiles.
func goldenRoot(t testing.TB, before []byte) Root {
	t.Helper()
	dir := t.TempDir()
	workflows := filepath.Join(dir, ".github", "workflows")
	if err := os.MkdirAll(workflows, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(workflows, "ci.yml"), before, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"Dockerfile", "docker/Dockerfile", "web/Dockerfile", "api/Dockerfile"} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte("FROM scratch\n"), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	return Root{Dir: dir, Repository: "acme/web"}
}

// optionsFor returns the options that the name of a case selects.
func optionsFor(name string) Options {
	var o Options
	if strings.HasPrefix(name, "merge-") || strings.HasPrefix(name, "replace-") {
		o.ToAction = "ghcr-publish/ghcr-publish@v1"
	}
	return o
}

func TestGolden(t *testing.T) {
	t.Parallel()
	for _, dir := range goldenCases(t) {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Parallel()
			before := readFile(t, filepath.Join(dir, "before.yml"))
			opts := optionsFor(filepath.Base(dir))
			after, findings := migrateOnce(t, before, opts)
			compare(t, filepath.Join(dir, "after.yml"), after)
			compare(t, filepath.Join(dir, "findings"), []byte(findings))
			if again, _ := migrateOnce(t, after, opts); !bytes.Equal(again, after) {
				t.Errorf("a second run changes the file again:\n%s", again)
			}
		})
	}
}

func goldenCases(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/*/before.yml")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 60 {
		t.Errorf("%d golden cases, want at least 60", len(files))
	}
	for i := range files {
		files[i] = filepath.Dir(files[i])
	}
	return files
}

func migrateOnce(t testing.TB, before []byte, opts Options) (after []byte, findings string) {
	t.Helper()
	root := goldenRoot(t, before)
	report, err := Scan(t.Context(), []Root{root}, opts)
	if err != nil {
		t.Fatal(err)
	}
	after = before
	if len(report.Files) == 1 {
		after = report.Files[0].After
	}
	return after, describe(report, root.Dir)
}

// describe formats the findings and the skipped files as text.
func describe(r *Report, dir string) string {
	var b strings.Builder
	for _, f := range r.Findings {
		fmt.Fprintf(&b, "%s:%d:%d %s %s\n  %s\n", filepath.Base(f.File), f.Line, f.Column, f.State, f.Code, f.Text)
		if f.Hint != "" {
			fmt.Fprintf(&b, "  → %s\n", f.Hint)
		}
	}
	for _, s := range r.Skipped {
		fmt.Fprintf(&b, "%s skipped: %v\n", filepath.Base(s.Path), s.Err)
	}
	return strings.ReplaceAll(b.String(), filepath.ToSlash(dir)+"/", "")
}

func readFile(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func compare(t *testing.T, name string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if want := readFile(t, name); !bytes.Equal(got, want) {
		t.Errorf("%s differs; got:\n%s\nwant:\n%s", name, got, want)
	}
}
