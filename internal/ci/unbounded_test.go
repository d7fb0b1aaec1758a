package ci

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestEveryReadHasALimit finds calls that read a whole file or a whole stream into memory
// without a limit. The program reads files and responses that other people wrote. The
// functions of package safe/bounded and io.LimitReader have limits.
func TestEveryReadHasALimit(t *testing.T) {
	t.Parallel()
	internal, found := filepath.Join(root(t), "internal"), 0
	err := filepath.WalkDir(internal, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && onlyOwnFiles(internal, file) {
			return skipFolder(err)
		}
		if !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return nil
		}
		files := token.NewFileSet()
		parsed, err := parser.ParseFile(files, file, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			switch name := calledName(call); {
			case !ok:
			case name == "os.ReadFile", name == "ioutil.ReadAll", name == "ioutil.ReadFile", name == "fs.ReadFile":
				t.Errorf("%s: %s reads a file without a limit; call bounded.File", files.Position(call.Pos()), name)
			case name == "io.ReadAll":
				found++
				if argument, ok := call.Args[0].(*ast.CallExpr); !ok || calledName(argument) != "io.LimitReader" {
					t.Errorf("%s: the argument of io.ReadAll is not a call of io.LimitReader", files.Position(call.Pos()))
				}
			}
			return true
		})
		return nil
	})
	if err != nil || found == 0 {
		t.Fatalf("%d calls of io.ReadAll: %v", found, err)
	}
}

// onlyOwnFiles reports whether the programs of a folder read only files of this
// repository, and data of the embedded ghcr.io.
func onlyOwnFiles(internal, folder string) bool {
	name, err := filepath.Rel(internal, folder)
	return err == nil && slices.Contains([]string{"ci", "release", "ghcrtest", "report/schema", "source/sourcetest"}, filepath.ToSlash(name))
}

func skipFolder(err error) error {
	if err != nil {
		return err
	}
	return filepath.SkipDir
}

// calledName returns the name of the called function with its package, such as
// "io.ReadAll". The name is empty for a method or a function of the same package.
func calledName(call *ast.CallExpr) string {
	if call == nil {
		return ""
	}
	function, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return ""
	}
	pkg, ok := function.X.(*ast.Ident)
	if !ok {
		return ""
	}
	return pkg.Name + "." + function.Sel.Name
}
