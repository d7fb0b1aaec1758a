package ci

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/input"
)

// A message names an input as "the input tags", without quotation marks. The form
// "set tags" occurs only before a value, as in "set tags: 1.2.3".
func TestMessagesNameInputsInOneForm(t *testing.T) {
	t.Parallel()
	var names []string
	for _, in := range input.Table() {
		names = append(names, regexp.QuoteMeta(in.Name))
	}
	slices.SortFunc(names, func(a, b string) int { return len(b) - len(a) })
	name := "(?:" + strings.Join(names, "|") + ")"
	quoted := regexp.MustCompile(`[Tt]he inputs? "` + name + `"`)
	bare := regexp.MustCompile(`\b(?:[Ss]et|[Rr]emove|[Ii]ncrease) ` + name + `(?: to\b| from\b|[.,;]|$)`)
	for _, literal := range literals(t) {
		if found := quoted.FindString(literal.text) + bare.FindString(literal.text); found != "" {
			t.Errorf("%s: %q: write the input NAME, without quotation marks", literal.place, found)
		}
	}
}

// literal is a string in the source code of the program.
type literal struct{ place, text string }

// literals returns all strings in the source code of the program, except the strings of
// this package, the tests, and the package input's rules for terminals.
func literals(t *testing.T) []literal {
	t.Helper()
	var out []literal
	err := filepath.WalkDir("..", func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") || strings.HasPrefix(filepath.ToSlash(file), "../ci/") || d.Name() == "terminal.go" {
			return err
		}
		files := token.NewFileSet()
		parsed, err := parser.ParseFile(files, file, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING {
				text, err := strconv.Unquote(l.Value)
				if err != nil {
					t.Error(err)
				}
				out = append(out, literal{files.Position(l.Pos()).String(), text})
			}
			return true
		})
		return nil
	})
	if err != nil || len(out) == 0 {
		t.Fatalf("%d strings, error %v", len(out), err)
	}
	return out
}
