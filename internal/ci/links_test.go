package ci

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// pages returns the documents that users and contributors read, as paths from the top of
// the repository.
func pages(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, pattern := range []string{"*.md", "docs/*.md", ".github/*.md"} {
		found, err := filepath.Glob(filepath.Join(top, filepath.FromSlash(pattern)))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range found {
			relative, err := filepath.Rel(top, path)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, filepath.ToSlash(relative))
		}
	}
	if !slices.Contains(all, "README.md") || !slices.Contains(all, "docs/README.md") {
		t.Fatalf("the documents are only %q", all)
	}
	return all
}

var (
	// link matches the target of a link or of an image, in Markdown and in HTML.
	link = regexp.MustCompile(`\]\(([^)\s]+)\)|\b(?:src|srcset|href)="([^"]+)"`)
	// inlineCode matches code in a line.
	inlineCode = regexp.MustCompile("`[^`]*`")
	// notInAnchor matches the characters that GitHub removes from a heading.
	notInAnchor = regexp.MustCompile(`[^\p{L}\p{N}\p{M}_ -]`)
)

func TestLinksOfTheDocumentsExist(t *testing.T) {
	t.Parallel()
	anchors := map[string][]string{}
	for _, page := range pages(t) {
		for _, target := range links(read(t, page)) {
			file, anchor, _ := strings.Cut(target, "#")
			to := page
			if file != "" {
				to = filepath.ToSlash(filepath.Join(filepath.Dir(page), file))
			}
			if _, err := os.Stat(filepath.Join(top, to)); err != nil {
				t.Errorf("%s links to %s, which does not exist", page, target)
				continue
			}
			if anchor == "" || filepath.Ext(to) != ".md" {
				continue
			}
			if anchors[to] == nil {
				anchors[to] = anchorsOf(read(t, to))
			}
			if !slices.Contains(anchors[to], anchor) {
				t.Errorf("%s links to %s, but %s has no such heading", page, target, to)
			}
		}
	}
}

func read(t *testing.T, page string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(top, filepath.FromSlash(page)))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// links returns the relative targets in a page, outside code.
func links(page string) []string {
	var out []string
	fenced := false
	for line := range strings.Lines(page) {
		if strings.HasPrefix(strings.TrimSpace(line), "```") {
			fenced = !fenced
		}
		if fenced {
			continue
		}
		for _, match := range link.FindAllStringSubmatch(inlineCode.ReplaceAllString(line, "code"), -1) {
			if target := match[1] + match[2]; !strings.Contains(target, "://") && !strings.HasPrefix(target, "mailto:") {
				out = append(out, target)
			}
		}
	}
	return out
}

// anchorsOf returns the anchors that GitHub gives to the headings of a page.
func anchorsOf(page string) []string {
	var out []string
	for _, heading := range headings(page) {
		text := notInAnchor.ReplaceAllString(strings.ToLower(heading), "")
		out = append(out, strings.ReplaceAll(text, " ", "-"))
	}
	return out
}

func TestAnchorsAreThoseOfGitHub(t *testing.T) {
	t.Parallel()
	got := anchorsOf("# From docker's actions\n## `merge`: one index\n```\n# no heading\n```\n### Refused: write_package\n")
	want := []string{"from-dockers-actions", "merge-one-index", "refused-write_package"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestLinksAreFoundOutsideCode(t *testing.T) {
	t.Parallel()
	got := links("[a](x.md#y) `[no](no.md)` <img src=\"p.png\"> [w](https://example.com/)\n```\n[no](no.md)\n```\n")
	if want := []string{"x.md#y", "p.png"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Readers must find the first steps in README. The details belong in docs.
func TestReadmeIsShort(t *testing.T) {
	t.Parallel()
	page := read(t, "README.md")
	if lines, words := strings.Count(page, "\n"), len(strings.Fields(page)); lines > 250 || words > 1800 {
		t.Errorf("README has %d lines and %d words, want at most 250 lines and 1800 words", lines, words)
	}
}

// A page that no other page links to is not found by readers.
func TestContentsListEveryPage(t *testing.T) {
	t.Parallel()
	contents := links(read(t, "docs/README.md"))
	for _, page := range pages(t) {
		if name, ok := strings.CutPrefix(page, "docs/"); ok && name != "README.md" && !slices.Contains(contents, name) {
			t.Errorf("docs/README.md does not list %s", page)
		}
	}
}
