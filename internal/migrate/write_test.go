package migrate

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/ci/needs"
)

func TestWriteKeepsTheModeAndRemovesTemporaryFiles(t *testing.T) {
	t.Parallel()
	dir := checkoutWith(t, map[string]string{".github/workflows/ci.yml": patLogin})
	file := filepath.Join(dir, ".github", "workflows", "ci.yml")
	if err := os.Chmod(file, 0o640); err != nil {
		t.Fatal(err)
	}
	before, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := Write(scan(t, Options{}, Root{Dir: dir, Repository: "acme/web"})); err != nil {
		t.Fatal(err)
	}
	if got := string(readFile(t, file)); !strings.Contains(got, "secrets.GITHUB_TOKEN") {
		t.Errorf("not written:\n%s", got)
	}
	info, err := os.Stat(file)
	if err != nil || info.Mode() != before.Mode() { // on Windows, the mode is not 0640
		t.Errorf("mode %v, want %v (%v)", info.Mode(), before.Mode(), err)
	}
	if entries, _ := os.ReadDir(filepath.Dir(file)); len(entries) != 1 {
		t.Errorf("the temporary file still exists: %v", entries)
	}
}

func TestWriteRefusesAChangedFile(t *testing.T) {
	t.Parallel()
	dir := checkoutWith(t, map[string]string{".github/workflows/a.yml": patLogin, ".github/workflows/b.yml": patLogin})
	report := scan(t, Options{}, Root{Dir: dir, Repository: "acme/web"})
	changed := filepath.Join(dir, ".github", "workflows", "a.yml")
	if err := os.WriteFile(changed, []byte("# mine\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := Write(report); !errors.Is(err, errChanged) {
		t.Errorf("got %v, want %v", err, errChanged)
	}
	if got := string(readFile(t, changed)); got != "# mine\n" {
		t.Errorf("the changed file was overwritten:\n%s", got)
	}
	if got := string(readFile(t, filepath.Join(dir, ".github", "workflows", "b.yml"))); !strings.Contains(got, "GITHUB_TOKEN") {
		t.Error("the other file was not written")
	}
}

func TestWriteRefusesALink(t *testing.T) {
	t.Parallel()
	dir := checkoutWith(t, map[string]string{"real.yml": patLogin, ".github/workflows/x": ""})
	link := filepath.Join(dir, ".github", "workflows", "ci.yml")
	needs.Link(t, "../../real.yml", link)
	err := Write(scan(t, Options{}, Root{Dir: dir, Repository: "acme/web"}))
	if err == nil || !strings.Contains(err.Error(), "symbolic link") {
		t.Errorf("got %v", err)
	}
	if got := string(readFile(t, filepath.Join(dir, "real.yml"))); got != patLogin {
		t.Error("the link's target was changed")
	}
}

func TestWriteKeepsTheOldFileIfTheNewFileCannotBeCreated(t *testing.T) {
	t.Parallel()
	needs.Modes(t)
	if os.Getuid() == 0 {
		t.Skip("root may write each file")
	}
	dir := checkoutWith(t, map[string]string{".github/workflows/ci.yml": patLogin})
	report := scan(t, Options{}, Root{Dir: dir, Repository: "acme/web"})
	workflows := filepath.Join(dir, ".github", "workflows")
	if err := os.Chmod(workflows, 0o555); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.Chmod(workflows, 0o755); err != nil {
			t.Error(err)
		}
	})
	if err := Write(report); err == nil {
		t.Error("no error")
	}
	if got := string(readFile(t, filepath.Join(workflows, "ci.yml"))); got != patLogin {
		t.Error("the file was changed")
	}
}
