package ci

import (
	"fmt"
	"go/ast"
	"path/filepath"
	"strings"
	"testing"
)

// findingTable returns the kinds of findings of migrate. Its source is the map of rules
// in internal/migrate/codes.go.
func findingTable(t *testing.T) string {
	t.Helper()
	_, files := productionFiles(t)
	values, rows := map[string]string{}, ""
	for _, file := range files["migrate"] {
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || len(spec.Values) != 1 {
				return true
			}
			if value, ok := textOf(spec.Values[0]); ok {
				values[spec.Names[0].Name] = value
			}
			if rules, ok := spec.Values[0].(*ast.CompositeLit); ok && spec.Names[0].Name == "rules" {
				rows += findingRows(rules, values)
			}
			return true
		})
	}
	if strings.Count(rows, "\n") < 10 {
		t.Fatalf("migrate has only these rules:\n%s", rows)
	}
	return "| Code | Finding | Explanation |\n|---|---|---|\n" + rows
}

// findingRows returns a row for each entry of the map of rules. The constants of the
// keys are declared before the map.
func findingRows(rules *ast.CompositeLit, values map[string]string) string {
	rows := ""
	for _, element := range rules.Elts {
		pair, ok := element.(*ast.KeyValueExpr)
		if !ok {
			continue
		}
		key, ok := pair.Key.(*ast.Ident)
		rule, isRule := pair.Value.(*ast.CompositeLit)
		if !ok || !isRule || len(rule.Elts) != 2 {
			continue
		}
		title, _ := textOf(rule.Elts[0])
		help, _ := textOf(rule.Elts[1])
		rows += fmt.Sprintf("| `%s` | %s | %s |\n", values[key.Name], cell(title), cell(help))
	}
	return rows
}

// mergeTable returns the numbers of lines of the workflows in the test data whose steps
// migrate merges.
func mergeTable(t *testing.T) string {
	t.Helper()
	folders, err := filepath.Glob(filepath.Join(top, "internal", "migrate", "testdata", "merge-*"))
	if err != nil {
		t.Fatal(err)
	}
	rows := ""
	for _, folder := range folders {
		name := filepath.Base(folder)
		before, after := read(t, "internal/migrate/testdata/"+name+"/before.yml"), read(t, "internal/migrate/testdata/"+name+"/after.yml")
		if !strings.Contains(after, "uses: ghcr-publish/ghcr-publish@") {
			continue // the steps are not merged
		}
		rows += fmt.Sprintf("| [%s](../internal/migrate/testdata/%s/before.yml) | %d | %d |\n", name, name, strings.Count(before, "\n"), strings.Count(after, "\n"))
	}
	if strings.Count(rows, "\n") < 3 {
		t.Fatalf("migrate merges the steps of only these workflows:\n%s", rows)
	}
	return "| Workflow | Lines before | Lines after |\n|---|--:|--:|\n" + rows
}
