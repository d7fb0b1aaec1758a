package ci

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// citation matches a line with a citation, such as "docs/ghcr.md, First push". It
// captures the path of the document. It also captures the text after the path, which
// starts with the cited heading.
var citation = regexp.MustCompile(`\b(docs/[a-z-]+\.md), ([A-Z][^\n]*)`)

// headings returns the headings of a Markdown document, outside code fences.
func headings(content string) []string {
	var out []string
	fenced := false
	for line := range strings.SplitSeq(content, "\n") {
		if strings.HasPrefix(line, "```") {
			fenced = !fenced
		}
		if text := strings.TrimLeft(line, "#"); !fenced && len(text) < len(line) && strings.HasPrefix(text, " ") {
			out = append(out, strings.TrimSpace(text))
		}
	}
	return out
}

// cites reports whether text starts with one of the headings.
func cites(text string, headings []string) bool {
	return slices.ContainsFunc(headings, func(h string) bool {
		rest, ok := strings.CutPrefix(text, h)
		return ok && (rest == "" || strings.ContainsAny(rest[:1], ".,;:) "))
	})
}

// comments matches a line break and the comment marker of the next line. The test
// replaces this text with a blank, because a citation can continue on the next line.
var comments = regexp.MustCompile(`\n[\t ]*(//|#)[\t ]*`)

func TestCitedHeadingsExist(t *testing.T) {
	t.Parallel()
	base := root(t)
	documents := map[string][]string{}
	err := filepath.WalkDir(base, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			if err == nil && (entry.Name() == ".git" || entry.Name() == "testdata") {
				return fs.SkipDir
			}
			return err
		}
		if !slices.Contains([]string{".go", ".yml", ".cjs"}, filepath.Ext(path)) || strings.HasSuffix(path, "citations_test.go") {
			return nil
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, match := range citation.FindAllStringSubmatch(comments.ReplaceAllString(string(content), " "), -1) {
			document, text := match[1], match[2]
			if documents[document] == nil {
				page, err := os.ReadFile(filepath.Join(base, document))
				if err != nil {
					return err
				}
				documents[document] = headings(string(page))
			}
			if !cites(text, documents[document]) {
				t.Errorf("%s cites a heading that %s does not have: %.60q", path, document, text)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestCitationNeedsTheWholeHeading(t *testing.T) {
	t.Parallel()
	page := headings("# Facts\n\n## First push\n\n```\n# no heading\n```\n")
	cases := []struct {
		name, text string
		want       bool
	}{
		{"heading", "First push", true},
		{"heading and more of the sentence", "First push). The rest", true},
		{"longer word", "First pushes", false},
		{"part of a heading", "First", false},
		{"line in a code fence", "no heading", false},
	}
	for _, c := range cases {
		if got := cites(c.text, page); got != c.want {
			t.Errorf("%s: cites(%q) = %t, want %t", c.name, c.text, got, c.want)
		}
	}
}
