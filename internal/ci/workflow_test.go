package ci

import (
	"os"
	"path/filepath"
	"testing"

	"go.yaml.in/yaml/v3"
)

const top = "../.." // the top of the clone

// file contains the fields of a workflow that the rules need.
type file struct {
	On          yaml.Node
	Permissions yaml.Node
	Jobs        map[string]job
}

type job struct {
	Permissions yaml.Node
	Uses        string
	Timeout     any `yaml:"timeout-minutes"`
	Outputs     map[string]string
	Steps       []step
}

type step struct {
	Name, ID, Uses, Run string
	With                map[string]string
	line                int // first line
	usesComment         string
}

// UnmarshalYAML also stores the comment after the value of the key "uses". The comment is
// not a part of the value.
func (s *step) UnmarshalYAML(n *yaml.Node) error {
	type plain step
	if err := n.Decode((*plain)(s)); err != nil {
		return err
	}
	s.line = n.Line
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == "uses" {
			s.usesComment = n.Content[i+1].LineComment
		}
	}
	return nil
}

// workflows returns the workflows of the project by file name.
func workflows(t *testing.T) map[string]file {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(top, ".github", "workflows", "*.yml"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("finding workflows: %d, %v", len(paths), err)
	}
	all := map[string]file{}
	for _, path := range paths {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all[filepath.Base(path)] = parse(t, raw)
	}
	return all
}

func parse(t *testing.T, raw []byte) file {
	t.Helper()
	var f file
	if err := yaml.Unmarshal(raw, &f); err != nil {
		t.Fatal(err)
	}
	return f
}

func write(t *testing.T, file string, content []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, content, 0o644); err != nil {
		t.Fatal(err)
	}
}
