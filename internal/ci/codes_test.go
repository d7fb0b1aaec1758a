package ci

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// code is the declaration of the code of an error, a notice or a finding.
type code struct {
	value, pkg, meaning string
	position            token.Position
}

// productionFiles parses the Go files below internal/, without tests. It also omits the
// embedded registry, because the codes in the embedded registry are the codes of ghcr.io.
func productionFiles(t *testing.T) (*token.FileSet, map[string][]*ast.File) {
	t.Helper()
	set, files := token.NewFileSet(), map[string][]*ast.File{}
	base := filepath.Join(root(t), "internal")
	err := filepath.WalkDir(base, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		pkg, err := filepath.Rel(base, filepath.Dir(path))
		if err != nil || strings.HasPrefix(pkg, "ghcrtest") {
			return err
		}
		file, err := parser.ParseFile(set, path, nil, parser.ParseComments|parser.SkipObjectResolution)
		files[filepath.ToSlash(pkg)] = append(files[filepath.ToSlash(pkg)], file)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return set, files
}

// codes returns the constants whose names start with "Code" and whose values are
// strings. The constants are sorted by value.
func codes(t *testing.T) []code {
	t.Helper()
	set, files := productionFiles(t)
	var out []code
	for pkg, list := range files {
		for _, file := range list {
			for _, declaration := range file.Decls {
				if group, ok := declaration.(*ast.GenDecl); ok && group.Tok == token.CONST {
					out = append(out, codesIn(set, pkg, group)...)
				}
			}
		}
	}
	slices.SortFunc(out, func(a, b code) int { return cmp.Or(cmp.Compare(a.value, b.value), cmp.Compare(a.pkg, b.pkg)) })
	return out
}

func codesIn(set *token.FileSet, pkg string, group *ast.GenDecl) []code {
	var out []code
	for _, s := range group.Specs {
		spec := s.(*ast.ValueSpec)
		if !isCodeName(spec.Names[0].Name) || len(spec.Values) != 1 {
			continue
		}
		value, ok := textOf(spec.Values[0])
		if !ok {
			continue
		}
		doc := spec.Doc
		if doc == nil && len(group.Specs) == 1 {
			doc = group.Doc
		}
		text := doc.Text()
		if text == "" {
			text = spec.Comment.Text()
		}
		out = append(out, code{value, pkg, meaning(text), set.Position(spec.Pos())})
	}
	return out
}

func isCodeName(name string) bool {
	return strings.HasPrefix(name, "Code") || strings.HasPrefix(name, "code")
}

func textOf(e ast.Expr) (string, bool) {
	literal, ok := e.(*ast.BasicLit)
	if !ok || literal.Kind != token.STRING {
		return "", false
	}
	text, err := strconv.Unquote(literal.Value)
	return text, err == nil
}

// meaning turns a comment into a cell of a table: "CodeX reports a tag that exists."
// becomes "a tag that exists".
func meaning(comment string) string {
	text := strings.Join(strings.Fields(comment), " ")
	if first, rest, ok := strings.Cut(text, " "); ok && isCodeName(first) {
		text = rest
		for _, verb := range []string{"reports that ", "reports ", "means that ", "means ", "is the code of ", "is the code for ", "is "} {
			if after, ok := strings.CutPrefix(rest, verb); ok {
				text = after
				break
			}
		}
	}
	return strings.TrimSuffix(text, ".")
}

func TestCodesAreDeclaredOnceWithTheirMeaning(t *testing.T) {
	t.Parallel()
	seen := map[string]code{}
	for _, c := range codes(t) {
		if c.meaning == "" {
			t.Errorf("%s: the code %q has no comment", c.position, c.value)
		}
		if before, ok := seen[c.value]; ok {
			t.Errorf("%s: the code %q is also declared at %s", c.position, c.value, before.position)
		}
		seen[c.value] = c
	}
}

// docs/codes.md lists only constants. A code in a string literal would be
// missing in this document.
func TestEveryCodeIsAConstant(t *testing.T) {
	t.Parallel()
	set, files := productionFiles(t)
	for _, list := range files {
		for _, file := range list {
			ast.Inspect(file, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.KeyValueExpr:
					key, ok := n.Key.(*ast.Ident)
					if _, literal := textOf(n.Value); ok && key.Name == "Code" && literal {
						t.Errorf("%s: declare this code as a constant", set.Position(n.Pos()))
					}
				case *ast.CallExpr:
					f, ok := n.Fun.(*ast.SelectorExpr)
					if !ok || f.Sel.Name != "Inputf" || len(n.Args) < 2 {
						break
					}
					if _, literal := textOf(n.Args[1]); literal {
						t.Errorf("%s: declare this code as a constant", set.Position(n.Pos()))
					}
				}
				return true
			})
		}
	}
}

// The command `go test ./internal/ci -run Codes -update` writes docs/codes.md from the
// constants.
func TestCodesDocumentIsComplete(t *testing.T) {
	var b strings.Builder
	b.WriteString(codesIntroduction)
	for _, c := range codes(t) {
		fmt.Fprintf(&b, "| `%s` | [%s](../internal/%s) | %s |\n", c.value, c.pkg, c.pkg, strings.ReplaceAll(c.meaning, "|", `\|`))
	}
	path := filepath.Join(top, "docs", "codes.md")
	if *update {
		if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(path)
	if err != nil || string(got) != b.String() {
		t.Fatalf("docs/codes.md differs from the constants (%v); write the document with\n\tgo test ./internal/ci -run Codes -update", err)
	}
}

const codesIntroduction = `# Codes

Each error, notice and finding has a code. The code stays the same if the text changes. The
output ` + "`json`" + ` has it in ` + "`errors`" + ` and ` + "`notices`" + `, and an annotation shows it. This table is
made from the constants in the code:

    go test ./internal/ci -run Codes -update

| code | package | meaning |
|---|---|---|
`
