package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// tree writes files into a new folder and returns the folder.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, content := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestWalkFindsProseOfEachKindOfFile(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, file, content string
		want                []string
	}{
		{"Go", "a.go", "// Package a is short. It ends.\npackage a\n\nimport \"fmt\"\n\ntype t struct {\n\tf int `json:\"f\"`\n}\n\nvar x = fmt.Sprint(\"the text\")\n",
			[]string{"a.go:1\tcomment\tPackage a is short.", "a.go:1\tcomment\tIt ends.", "a.go:10\tstring\tthe text"}},
		{"Go test", "a_test.go", "// Package a.\npackage a\n", nil},
		{"testdata", "testdata/a.md", "Text.\n", nil},
		{"Markdown", "a.md", "Text\nof one. And two?\n\n```\ncode\n```\n- item\n- item two\n",
			[]string{"a.md:1\tdocument\tText of one.", "a.md:1\tdocument\tAnd two?", "a.md:7\tdocument\t- item", "a.md:8\tdocument\t- item two"}},
		{"YAML", "a.yml", "# A comment\n# goes on.\non: push\nx:\n  description: >-\n    The text.\n  default: a\n",
			[]string{"a.yml:1\tcomment\tA comment goes on.", "a.yml:5\tdocument\tThe text."}},
		{"JavaScript", "a.cjs", "'use strict';\n// The reason.\n", []string{"a.cjs:2\tcomment\tThe reason."}},
		{"script", ".ci/run", "#!/bin/sh\n# The reason.\n", []string{".ci/run:2\tcomment\tThe reason."}},
		{"other file", "LICENSE", "# No prose.\n", nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			all, err := walk(tree(t, map[string]string{c.file: c.content}), false)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, s := range all {
				got = append(got, s.String())
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestWordListFailsOnlyAboveTheAllowedNumber(t *testing.T) {
	t.Parallel()
	root := tree(t, map[string]string{"a.md": "A foo and a foo.\n", "list/words.tsv": "# list\nfoo\t2\tbar\n"})
	list := filepath.Join(root, "list", "words.tsv")
	var out strings.Builder
	if err := run([]string{"-words", list, root}, &out); err != nil {
		t.Errorf("two uses of two allowed: %v", err)
	}
	if err := os.WriteFile(list, []byte("foo\t1\tbar\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	err := run([]string{"-words", list, root}, &out)
	if err == nil || !strings.Contains(err.Error(), "foo: 2 uses, 1 allowed; write bar") {
		t.Errorf("two uses of one allowed: got error %v", err)
	}
	if !strings.Contains(out.String(), "a.md:1") {
		t.Errorf("the output does not contain the place of the use: %q", out.String())
	}
}

func TestUpdateLowersTheNumbers(t *testing.T) {
	t.Parallel()
	root := tree(t, map[string]string{"a.md": "A foo.\n", "list/words.tsv": "# list\nfoo\t9\tbar\n"})
	list := filepath.Join(root, "list", "words.tsv")
	if err := run([]string{"-words", list, "-update", root}, &strings.Builder{}); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(list)
	if err != nil {
		t.Fatal(err)
	}
	if want := "# list\nfoo\t1\tbar\n"; string(got) != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestWordListWithAFaultIsAnError(t *testing.T) {
	t.Parallel()
	for _, line := range []string{"word", "word\tmany\tother", "(\t1\tother"} {
		if _, err := parseRules(line); err == nil {
			t.Errorf("%q: got no error", line)
		}
	}
}

func TestSampleIsRepeatable(t *testing.T) {
	t.Parallel()
	root := tree(t, map[string]string{"a.md": strings.Repeat("One two three four. Short one. Five six seven eight.\n", 20)})
	sample := func(seed string) string {
		var out strings.Builder
		if err := run([]string{"-sample", "5", "-seed", seed, root}, &out); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	first := sample("1")
	if first != sample("1") {
		t.Error("the same seed gives two samples")
	}
	if strings.Contains(first, "Short one") || strings.Count(first, "\n") != 5 {
		t.Errorf("got %q, want five sentences of at least four words", first)
	}
}
