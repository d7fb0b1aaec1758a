package ci

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/meta"
	"github.com/ghcr-publish/ghcr-publish/internal/migrate"
)

// generated lists the parts of the documents that come from the program, by page and by
// the name of the part. `go test ./internal/ci -run Documents -update` writes them.
func generated(t *testing.T) map[string]map[string]string {
	t.Helper()
	return map[string]map[string]string{
		"README.md": {
			"inputs":  firstInputs(),
			"outputs": firstOutputs(t, "digest", "reference", "tags", "version", "outcome"),
		},
		"docs/inputs.md":       {"inputs": inputTables()},
		"docs/outputs.md":      {"outputs": outputTables(t)},
		"docs/tags.md":         {"differences": differenceTable()},
		"docs/migrate.md":      {"migrate": migrationDiff(t), "findings": findingTable(t), "figures": mergeTable(t)},
		"docs/many-runners.md": {"matrix": matrixExample(t)},
	}
}

func TestDocumentsMatchTheProgram(t *testing.T) {
	for page, parts := range generated(t) {
		path := filepath.Join(top, filepath.FromSlash(page))
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		want := string(raw)
		for name, text := range parts {
			block := regexp.MustCompile(`(?s)<!-- ` + name + ` -->\n.*?<!-- /` + name + ` -->`)
			if !block.MatchString(want) {
				t.Errorf("%s has no block %q", page, name)
			}
			want = block.ReplaceAllLiteralString(want, "<!-- "+name+" -->\n"+text+"<!-- /"+name+" -->")
		}
		switch {
		case want == string(raw):
		case !*update:
			t.Errorf("generated parts of %s differ from the program; write them with\n\tgo test ./internal/ci -run Documents -update", page)
		default:
			write(t, path, []byte(want))
		}
	}
}

func differenceTable() string {
	var b strings.Builder
	b.WriteString("| | docker/metadata-action | ghcr-publish |\n|---|---|---|\n")
	for _, d := range meta.Differences {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", cell(d.Name), cell(d.MetadataAction), cell(d.Compute))
	}
	return b.String()
}

// matrixExample returns the workflow that the integration tests run with act.
func matrixExample(t *testing.T) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", "matrix.yml"))
	if err != nil {
		t.Fatal(err)
	}
	return "```yaml\n" + string(raw) + "```\n"
}

// migrationDiff returns the diff of migrate for a workflow of its test data.
func migrationDiff(t *testing.T) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(top, "internal", "migrate", "testdata", "login-action", "before.yml"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	path := filepath.Join(dir, ".github", "workflows", "publish.yml")
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	found, err := migrate.Scan(t.Context(), []migrate.Root{{Dir: dir, Repository: "acme/web"}}, migrate.Options{})
	if err != nil || len(found.Files) != 1 {
		t.Fatalf("migrate found %v (%v)", found, err)
	}
	_, diff, _ := strings.Cut(found.Files[0].Diff(), "\n+++ ")
	_, diff, _ = strings.Cut(diff, "\n")
	return "```diff\n" + diff + "```\n"
}

// cell formats text for a cell of a table.
func cell(s string) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(s), " "), "|", `\|`)
}
