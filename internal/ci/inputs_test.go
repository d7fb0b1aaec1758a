package ci

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/input"
)

var update = flag.Bool("update", false, "write the generated parts of action.yml and of the documents")

// The command `go test ./internal/ci -run Inputs -update` writes the inputs in action.yml
// from the table in internal/input.
func TestActionDeclaresTheInputsOfTheTable(t *testing.T) {
	path := filepath.Join(top, "action.yml")
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text := string(raw)
	begin, end := strings.Index(text, "\ninputs:\n"), strings.Index(text, "\noutputs:\n")
	if begin < 0 || end < begin {
		t.Fatal("action.yml has no key \"inputs\" before the key \"outputs\"")
	}
	want := text[:begin] + "\ninputs:\n" + inputsYAML() + text[end+1:]
	if text == want {
		return
	}
	if !*update {
		t.Fatalf("the inputs in action.yml differ from the table in internal/input; write the inputs with\n\tgo test ./internal/ci -run Inputs -update")
	}
	if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}

func inputsYAML() string {
	var b strings.Builder
	for _, in := range input.Table() {
		if in.OnlyFlag {
			continue
		}
		fmt.Fprintf(&b, "  %s:\n    description: >-\n%s    required: false\n", in.Name, fold(in.ActionHelp(), "      ", 88))
		switch {
		case in.ActionDefault != "":
			fmt.Fprintf(&b, "    default: %s\n", in.ActionDefault)
		case in.Default == "true" || in.Default == "false" || in.Kind == input.Duration:
			fmt.Fprintf(&b, "    default: %q\n", in.Default)
		case in.Default != "":
			fmt.Fprintf(&b, "    default: %s\n", in.Default)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// fold breaks text into indented lines of at most width columns.
func fold(text, indent string, width int) string {
	var b strings.Builder
	line := indent
	for _, word := range strings.Fields(text) {
		switch {
		case line == indent:
			line += word
		case len(line)+1+len(word) > width:
			b.WriteString(line + "\n")
			line = indent + word
		default:
			line += " " + word
		}
	}
	return b.String() + line + "\n"
}
