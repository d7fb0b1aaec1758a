package report_test

import (
	"encoding/json"
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/report"
)

var update = flag.Bool("update", false, "write schema.json from the types and their comments")

// The files of the schemas are generated from the types. The command
// "go test ./internal/report -run Schema -update" writes them.
var schemas = map[string]struct {
	id  string
	typ reflect.Type
}{
	"schema.json":         {report.SchemaID, reflect.TypeFor[report.Report]()},
	"schema-pull.json":    {report.PullSchemaID, reflect.TypeFor[report.Pull]()},
	"schema-inspect.json": {report.InspectSchemaID, reflect.TypeFor[report.Inspect]()},
	"schema-check.json":   {report.CheckSchemaID, reflect.TypeFor[report.Check]()},
	"schema-diff.json":    {report.DiffSchemaID, reflect.TypeFor[report.Diff]()},
	"schema-verify.json":  {report.VerifySchemaID, reflect.TypeFor[report.Verify]()},
	"schema-cleanup.json": {report.CleanupSchemaID, reflect.TypeFor[report.Cleanup]()},
}

func TestSchemasDescribeTheReports(t *testing.T) {
	t.Parallel()
	notes := comments(t, "*.go", "../inspect/*.go", "../image/compare/*.go")
	for file, schema := range schemas {
		s := schemaOf(schema.typ, notes)
		s["$schema"] = "https://json-schema.org/draft/2020-12/schema"
		s["$id"] = "https://github.com/ghcr-publish/ghcr-publish/blob/main/internal/report/" + file
		s["title"] = schema.id
		want, err := json.MarshalIndent(s, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, '\n')
		got, err := os.ReadFile(file)
		if string(got) == string(want) {
			continue
		}
		if !*update {
			t.Errorf("%s differs from the types (%v); write it with\n\tgo test ./internal/report -run Schema -update", file, err)
			continue
		}
		if err := os.WriteFile(file, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// schemaOf returns the JSON schema of a Go type, in the encoding of encoding/json.
func schemaOf(t reflect.Type, notes map[string]string) map[string]any {
	if t == reflect.TypeFor[json.RawMessage]() {
		return map[string]any{"type": "object"} // a manifest or a config without a change
	}
	switch t.Kind() {
	case reflect.String:
		return map[string]any{"type": "string"}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Int, reflect.Int64:
		return map[string]any{"type": "integer"}
	case reflect.Float64:
		return map[string]any{"type": "number"}
	case reflect.Slice:
		return map[string]any{"type": "array", "items": schemaOf(t.Elem(), notes)}
	case reflect.Pointer:
		return schemaOf(t.Elem(), notes)
	case reflect.Map:
		return map[string]any{"type": "object", "additionalProperties": schemaOf(t.Elem(), notes)}
	}
	properties, required := map[string]any{}, []string{}
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous {
			embedded := schemaOf(f.Type, notes)
			maps.Copy(properties, embedded["properties"].(map[string]any))
			required = append(required, embedded["required"].([]string)...)
			continue
		}
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" || name == "-" {
			continue
		}
		p := schemaOf(f.Type, notes)
		if note := notes[t.String()+"."+f.Name]; note != "" {
			p["description"] = note
		}
		properties[name] = p
		if options == "" {
			required = append(required, name)
		}
	}
	return map[string]any{"type": "object", "properties": properties, "required": required}
}

// comments returns the line comments of the fields by package.Type.Field. The patterns
// match the files that declare the types.
func comments(t *testing.T, patterns ...string) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, pattern := range patterns {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("no file matches %s (%v)", pattern, err)
		}
		for _, file := range files {
			parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(parsed, func(n ast.Node) bool {
				if spec, ok := n.(*ast.TypeSpec); ok {
					addComments(out, parsed.Name.Name, spec)
				}
				return true
			})
		}
	}
	return out
}

// addComments adds the line comments of the fields of a type, by package.Type.Field.
func addComments(out map[string]string, pkg string, spec *ast.TypeSpec) {
	st, ok := spec.Type.(*ast.StructType)
	if !ok {
		return
	}
	for _, f := range st.Fields.List {
		for _, name := range f.Names {
			out[pkg+"."+spec.Name.Name+"."+name.Name] = strings.TrimSpace(f.Comment.Text())
		}
	}
}
