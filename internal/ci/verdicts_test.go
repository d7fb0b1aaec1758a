package ci

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The integration tests write the verdicts of other programs. The document contains the
// differences.
func TestDocumentContainsTheDifferencesBetweenVerifiers(t *testing.T) {
	t.Parallel()
	verdicts, err := os.ReadFile(filepath.Join(root(t), "internal", "cmd", "testdata", "verdicts.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	document, err := os.ReadFile(filepath.Join(root(t), "docs", "attestations.md"))
	if err != nil {
		t.Fatal(err)
	}
	header, rows, _ := strings.Cut(string(verdicts), "\n")
	columns := strings.Count(header, "\t") + 1
	differences := 0
	for row := range strings.Lines(rows) {
		cells := strings.Split(strings.TrimSuffix(row, "\n"), "\t")
		if len(cells) != columns || cells[columns-1] == "" {
			continue
		}
		differences++
		if line := "| " + strings.Join(cells, " | ") + " |\n"; !strings.Contains(string(document), line) {
			t.Errorf("docs/attestations.md does not contain the line %s", line)
		}
	}
	if differences == 0 {
		t.Error("verdicts.tsv contains no difference")
	}
}
