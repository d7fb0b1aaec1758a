package ci

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/meta"
	"github.com/ghcr-publish/ghcr-publish/internal/registry/refusal"
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

// meaning turns the comment of a code into sentences about the code. It removes the name
// of the constant and the words "reports that". In other comments, it replaces the name by
// "The code".
func meaning(comment string) string {
	text := strings.Join(strings.Fields(comment), " ")
	first, rest, _ := strings.Cut(text, " ")
	if !isCodeName(first) {
		return sentence(text)
	}
	if after, ok := strings.CutPrefix(rest, "is a notice: "); ok {
		return sentence(after)
	}
	for _, verb := range []string{"reports", "means"} {
		after, ok := strings.CutPrefix(rest, verb+" that ")
		switch {
		case ok:
			return sentence(after)
		case strings.HasPrefix(rest, verb+" "):
			return "The code " + verb + strings.TrimPrefix(sentence(rest), sentence(verb)[:len(verb)])
		}
	}
	for _, verb := range []string{"is the code of ", "is the code for "} {
		if after, ok := strings.CutPrefix(rest, verb); ok {
			return "The code reports " + strings.TrimSuffix(after, ".") + "."
		}
	}
	return sentence(rest)
}

// sentence adds a capital letter at the beginning and a full stop at the end, and
// replaces the links of Go comments.
func sentence(text string) string {
	if text == "" {
		return ""
	}
	text = strings.ReplaceAll(text, ", or that ", ", or ")
	text = strings.ReplaceAll(text, "[MaxTagLength]", strconv.Itoa(meta.MaxTagLength))
	return strings.ToUpper(text[:1]) + strings.TrimSuffix(text[1:], ".") + "."
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

// A literal code would be missing in docs/refusals.md.
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

// cure is a step for the user, with the side that failed.
type cure struct{ side, text string }

// cures reads the cure of each code from testdata/refusals.tsv.
func cures(t *testing.T) map[string]cure {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", "refusals.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]cure{}
	for line := range strings.Lines(string(raw)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(fields) != 3 || sideTitle(fields[1]) == "" || !strings.HasSuffix(fields[2], ".") {
			t.Fatalf("refusals.tsv: %q is not CODE, side and a sentence, separated by tabs", line)
		}
		all[fields[0]] = cure{fields[1], fields[2]}
	}
	return all
}

// sides are the sections of docs/refusals.md after the refusals of the registry.
var sides = []struct{ name, title string }{
	{"input", "Inputs"},
	{"source", "Source of the image"},
	{"registry", "Registry"},
	{"GitHub API", "API of GitHub"},
	{"Sigstore", "Attestations"},
	{"runner", "Runner"},
	{"run", "End of the run"},
	{"notice", "Warnings and notices"},
}

func sideTitle(name string) string {
	for _, side := range sides {
		if side.name == name {
			return side.title
		}
	}
	return ""
}

// docs/refusals.md has a heading for each constant, so that a message can link to it:
// go test ./internal/ci -run Codes -update writes the page.
func TestCodesDocumentIsComplete(t *testing.T) {
	known, seen := cures(t), map[string]code{}
	for _, c := range codes(t) {
		seen[c.value] = c
	}
	var b strings.Builder
	b.WriteString(codesIntroduction)
	for _, row := range refusal.Table {
		fmt.Fprintf(&b, "\n### %s\n\n%s\n\n**To do:** %s\n", row.Code, row.Meaning, row.Cure)
		delete(seen, row.Code)
		if _, twice := known[row.Code]; twice {
			t.Errorf("refusals.tsv has the code %q, which is in the table of package refusal", row.Code)
		}
	}
	for _, side := range sides {
		fmt.Fprintf(&b, "\n## %s\n", side.title)
		for _, value := range slices.Sorted(maps.Keys(seen)) {
			if known[value].side == side.name {
				fmt.Fprintf(&b, "\n### %s\n\n%s\n\n**To do:** %s\n", value, seen[value].meaning, known[value].text)
			}
		}
	}
	for value, c := range seen {
		if known[value].text == "" {
			t.Errorf("%s: the code %q has no row in internal/ci/testdata/refusals.tsv", c.position, value)
		}
	}
	for value := range known {
		if _, ok := seen[value]; !ok {
			t.Errorf("refusals.tsv has the code %q, which no constant declares", value)
		}
	}
	path := filepath.Join(top, "docs", "refusals.md")
	if *update {
		write(t, path, []byte(b.String()))
		return
	}
	got, err := os.ReadFile(path)
	if err != nil || string(got) != b.String() {
		t.Fatalf("docs/refusals.md differs from the constants (%v); write it with\n\tgo test ./internal/ci -run Codes -update", err)
	}
}

func TestMeaningOfACodeIsASentence(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, comment, want string }{
		{"fact", "CodeX reports that a tag exists.", "A tag exists."},
		{"two facts", "CodeX means that a tag is long, or that a rule gives it.", "A tag is long, or a rule gives it."},
		{"noun", "CodeX reports a tag that\nexists.", "The code reports a tag that exists."},
		{"notice", "CodeX is a notice: the name is in lower case.", "The name is in lower case."},
		{"comment after the constant", "the context does not exist", "The context does not exist."},
		{"none", "", ""},
	}
	for _, c := range cases {
		if got := meaning(c.comment); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

const codesIntroduction = `# Refusals and other messages

Each error, warning and notice has a code. The code stays the same if the text changes. An annotation shows the code at its end. The output ` + "`json`" + ` has the code in ` + "`errors`" + ` or ` + "`notices`" + `.

This page has one heading for each code. The sections name the side that failed. A message can contain more details than this page, for example the names, the address of a settings page and the request id.

The page is generated: ` + "`go test ./internal/ci -run Codes -update`" + `.

## Refusals of the registry

The registry refused a request. The error contains the message of the registry, the request id, the cause and the cure. These refusals are modelled after GitHub's documentation and public reports ([ghcr.io](ghcr.md#refusals)). No refusal is verified live yet.
`
