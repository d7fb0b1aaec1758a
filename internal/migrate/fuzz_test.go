package migrate

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/flow"
)

// FuzzMigrate checks three rules for any input. Bytes outside the edits do not
// change, the result can be parsed, and a second run changes nothing. The
// golden cases follow the same rules.
func FuzzMigrate(f *testing.F) {
	files, err := filepath.Glob("testdata/*/before.yml")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range files {
		src, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(src, strings.Contains(name, "merge-"))
	}
	trees, err := openTrees([]Root{{Dir: f.TempDir(), Repository: "acme/web"}})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { closeTrees(trees) })
	f.Fuzz(func(t *testing.T, src []byte, merge bool) {
		opts := Options{}
		if merge {
			opts.ToAction = "ghcr-publish/ghcr-publish@v1"
		}
		once, ok := migrateBytes(t, trees[0], src, opts.withDefaults())
		if !ok {
			return
		}
		if again, _ := migrateBytes(t, trees[0], once, opts.withDefaults()); !bytes.Equal(again, once) {
			t.Errorf("a second run changes it again\nfirst:\n%s\nsecond:\n%s", once, again)
		}
	})
}

// migrateBytes migrates a text and checks its edits. ok is false for a text
// that is not a workflow.
func migrateBytes(t *testing.T, tree *tree, src []byte, opts Options) (after []byte, ok bool) {
	t.Helper()
	doc, err := flow.Parse(src)
	if err != nil {
		return nil, false
	}
	p := newPass(tree, "ci.yml", doc, opts)
	p.run()
	after = p.edits.Apply(src)
	at, to := 0, 0
	for _, e := range p.edits.List() {
		if e.Start < at || e.End < e.Start || e.End > len(src) {
			t.Fatalf("edit [%d, %d) after %d of %d bytes", e.Start, e.End, at, len(src))
		}
		kept := src[at:e.Start]
		if !bytes.Equal(after[to:to+len(kept)], kept) {
			t.Fatalf("bytes outside the edits changed: %q", kept)
		}
		to += len(kept) + len(e.New)
		at = e.End
	}
	if !bytes.Equal(after[to:], src[at:]) {
		t.Fatal("bytes after the last edit changed")
	}
	if _, err := flow.Parse(after); err != nil {
		t.Errorf("the result does not parse: %v\nbefore:\n%s\nafter:\n%s", err, src, after)
		return nil, false
	}
	return after, true
}
