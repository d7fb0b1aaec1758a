package report_test

import (
	"encoding/json"
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/report"
)

var update = flag.Bool("update", false, "write schema.json from the types and their comments")

// schema.json is generated from the types. The command
// "go test ./internal/report -run Schema -update" writes it.
func TestSchemaDescribesTheReport(t *testing.T) {
	t.Parallel()
	s := schemaOf(reflect.TypeFor[report.Report](), comments(t))
	s["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	s["$id"] = "https://github.com/ghcr-publish/ghcr-publish/blob/main/internal/report/schema.json"
	s["title"] = report.SchemaID
	want, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	want = append(want, '\n')
	got, err := os.ReadFile("schema.json")
	if string(got) == string(want) {
		return
	}
	if !*update {
		t.Fatalf("schema.json differs from the types (%v); write it with\n\tgo test ./internal/report -run Schema -update", err)
	}
	if err := os.WriteFile("schema.json", want, 0o644); err != nil {
		t.Fatal(err)
	}
}

// schemaOf returns the JSON schema of a Go type, in the encoding of encoding/json.
func schemaOf(t reflect.Type, notes map[string]string) map[string]any {
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
		if note := notes[t.Name()+"."+f.Name]; note != "" {
			p["description"] = note
		}
		properties[name] = p
		if options == "" {
			required = append(required, name)
		}
	}
	return map[string]any{"type": "object", "properties": properties, "required": required}
}

// comments returns the line comments of the fields by Type.Field.
func comments(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, path := range []string{"report.go", "../image/compare/changes.go"} {
		addComments(t, path, out)
	}
	return out
}

func addComments(t *testing.T, path string, out map[string]string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.TypeSpec)
		if !ok {
			return true
		}
		if st, ok := spec.Type.(*ast.StructType); ok {
			for _, f := range st.Fields.List {
				for _, name := range f.Names {
					out[spec.Name.Name+"."+name.Name] = strings.TrimSpace(f.Comment.Text())
				}
			}
		}
		return true
	})
}
