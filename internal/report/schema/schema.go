// Package schema checks JSON reports against the JSON schemas in the folder of package
// report. Only tests use package schema. The schemas accept unknown keys, so that a later
// version can add a key. The checks of this package refuse unknown keys, because a key
// that is not in a schema is not documented.
package schema

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// files maps the key "schema" of a report to the file with its schema.
var files = map[string]string{
	"ghcr-publish/report/v1":  "schema.json",
	"ghcr-publish/pull/v1":    "schema-pull.json",
	"ghcr-publish/inspect/v1": "schema-inspect.json",
	"ghcr-publish/check/v1":   "schema-check.json",
	"ghcr-publish/diff/v1":    "schema-diff.json",
	"ghcr-publish/verify/v1":  "schema-verify.json",
	"ghcr-publish/cleanup/v1": "schema-cleanup.json",
}

// Checker checks reports. Several goroutines may use a Checker.
type Checker struct {
	// Folder is the folder of package report.
	Folder string

	mu       sync.Mutex
	compiled map[string]*jsonschema.Schema
}

// Check returns an error if a report differs from the schema that its key "schema" names.
func (c *Checker) Check(report []byte) error {
	var head struct{ Schema string }
	if err := json.Unmarshal(report, &head); err != nil {
		return fmt.Errorf("parsing the report: %w", err)
	}
	file, ok := files[head.Schema]
	if !ok {
		return fmt.Errorf("no schema has the name %q", head.Schema)
	}
	schema, err := c.schema(file)
	if err != nil {
		return fmt.Errorf("reading the schema %q: %w", file, err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(report))
	if err != nil {
		return fmt.Errorf("parsing the report: %w", err)
	}
	return schema.Validate(value)
}

// schema returns the schema in a file. The Checker reads each file only once.
func (c *Checker) schema(file string) (*jsonschema.Schema, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if known := c.compiled[file]; known != nil {
		return known, nil
	}
	raw, err := os.ReadFile(filepath.Join(c.Folder, file))
	if err != nil {
		return nil, err
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	refuseUnknownKeys(value)
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource(file, value); err != nil {
		return nil, err
	}
	schema, err := compiler.Compile(file)
	if err != nil {
		return nil, err
	}
	if c.compiled == nil {
		c.compiled = map[string]*jsonschema.Schema{}
	}
	c.compiled[file] = schema
	return schema, nil
}

// refuseUnknownKeys changes a schema, so that each object may have only the listed keys.
func refuseUnknownKeys(schema any) {
	switch s := schema.(type) {
	case map[string]any:
		if _, listed := s["properties"].(map[string]any); listed {
			s["additionalProperties"] = false
		}
		for _, part := range s {
			refuseUnknownKeys(part)
		}
	case []any:
		for _, part := range s {
			refuseUnknownKeys(part)
		}
	}
}
