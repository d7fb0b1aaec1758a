package ci

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/ghcr-publish/ghcr-publish/internal/input"
	"github.com/ghcr-publish/ghcr-publish/internal/meta"
	"github.com/ghcr-publish/ghcr-publish/internal/migrate"
	"github.com/ghcr-publish/ghcr-publish/internal/registry/refusal"
)

// The command `go test ./internal/ci -run Readme -update` writes the tables in README
// from the data of the program.
func TestReadmeTablesMatchTheProgram(t *testing.T) {
	path := filepath.Join(top, "README.md")
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want := string(raw)
	for name, table := range map[string]string{
		"inputs": inputTable(), "outputs": outputTable(t), "refusals": refusalTable(), "differences": differenceTable(),
		"migrate": migrationDiff(t), "matrix": matrixExample(t),
	} {
		block := regexp.MustCompile(`(?s)<!-- ` + name + ` -->\n.*?<!-- /` + name + ` -->`)
		if !block.MatchString(want) {
			t.Errorf("README has no block %q", name)
		}
		want = block.ReplaceAllLiteralString(want, "<!-- "+name+" -->\n"+table+"<!-- /"+name+" -->")
	}
	if want == string(raw) {
		return
	}
	if !*update {
		t.Fatal("the tables in README differ from the program; write the tables with\n\tgo test ./internal/ci -run Readme -update")
	}
	if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}

// inputTable returns one table per command. The first table contains shared inputs.
func inputTable() string {
	var b strings.Builder
	shown := map[string]bool{}
	for _, command := range append([]string{""}, mustFind("command").Values...) {
		rows := ""
		for _, in := range input.Table {
			first := command == "" && in.Name == "command" || len(in.Commands) > 0 && string(in.Commands[0]) == command
			if first && !shown[in.Name] {
				shown[in.Name] = true
				rows += inputRow(in)
			}
		}
		if rows == "" {
			continue
		}
		if command != "" {
			fmt.Fprintf(&b, "\n**`%s`**\n\n", command)
		}
		b.WriteString("| input | | default |\n|---|---|---|\n" + rows)
	}
	return b.String()
}

func mustFind(name string) input.Input {
	in, _ := input.Find(name)
	return in
}

func inputRow(in input.Input) string {
	help := in.HelpForAll()
	if len(in.Values) > 0 {
		help += " One of `" + strings.Join(in.Values, "`, `") + "`."
	}
	if len(in.Commands) > 1 {
		var also []string
		for _, c := range in.Commands[1:] {
			also = append(also, "`"+string(c)+"`")
		}
		help += " Also for " + strings.Join(also, ", ") + "."
	}
	def := in.Default
	if in.ActionDefault != "" {
		def = in.ActionDefault
	}
	if def != "" {
		def = "`" + def + "`"
	}
	return fmt.Sprintf("| `%s` | %s | %s |\n", in.Name, cell(help), def)
}

func outputTable(t *testing.T) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(top, "action.yml"))
	if err != nil {
		t.Fatal(err)
	}
	var doc struct{ Outputs yaml.Node }
	if err := yaml.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString("| output | |\n|---|---|\n")
	for i := 0; i+1 < len(doc.Outputs.Content); i += 2 {
		name := doc.Outputs.Content[i].Value
		if strings.HasPrefix(name, "digest-") && name != "digest-linux-amd64" {
			continue // one row describes all of these outputs
		}
		var out struct{ Description string }
		if err := doc.Outputs.Content[i+1].Decode(&out); err != nil {
			t.Fatal(err)
		}
		if name == "digest-linux-amd64" {
			name, out.Description = "digest-OS-ARCH[-VARIANT]", "Digest of one platform, for the common ones: `digest-linux-amd64`, `digest-linux-arm-v7`, …"
		}
		fmt.Fprintf(&b, "| `%s` | %s |\n", name, cell(out.Description))
	}
	return b.String()
}

func refusalTable() string {
	var b strings.Builder
	b.WriteString("| code | meaning | what to do |\n|---|---|---|\n")
	for _, row := range refusal.Table {
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", row.Code, cell(row.Meaning), cell(row.Cure))
	}
	return b.String()
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

// migrationDiff returns the diff that package migrate makes for a workflow of its test
// data.
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
