package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// sentence is one sentence of a comment, string literal, paragraph or
// description.
type sentence struct {
	path string // The path is relative to the root of the tree.
	line int    // The line is the first line of the comment, literal or paragraph.
	kind string // The kind is "comment", "string" or "document".
	text string // The text contains the words, separated by single blanks.
}

func (s sentence) String() string {
	return fmt.Sprintf("%s:%d\t%s\t%s", s.path, s.line, s.kind, s.text)
}

func (s sentence) words() int { return len(strings.Fields(s.text)) }

// block is a piece of text with the number of its first line.
type block struct {
	line       int
	kind, text string
}

// extractors maps the extension of a file name to the function that finds the
// blocks of prose in such a file.
var extractors = map[string]func(content string) ([]block, error){
	".go":   goBlocks,
	".md":   func(content string) ([]block, error) { return markdownBlocks(content), nil },
	".yml":  func(content string) ([]block, error) { return yamlBlocks(content), nil },
	".yaml": func(content string) ([]block, error) { return yamlBlocks(content), nil },
	".cjs":  slashComments,
	".mjs":  slashComments,
}

// extractor returns the function that finds the blocks of prose in the file. In files
// of other kinds, comments begin with #, as in scripts, in a Dockerfile and in the
// settings of Git.
func extractor(name string) func(content string) ([]block, error) {
	if extract, ok := extractors[filepath.Ext(name)]; ok {
		return extract
	}
	return hashComments
}

func slashComments(content string) ([]block, error) { return lineComments(content, "//"), nil }

func hashComments(content string) ([]block, error) {
	if !utf8.ValidString(content) {
		return nil, nil // a picture
	}
	return lineComments(content, "#"), nil
}

// withoutProse contains the names of files whose comments do not come from this
// project.
var withoutProse = []string{"go.sum", "LICENSE", "words.tsv", "package-lock.json"}

// walk returns the sentences of all files below root, in the order of the file names.
// walk skips the folders testdata, .git and node_modules. If the argument "tests" is
// false, walk also skips Go tests.
func walk(root string, tests bool) (all []sentence, err error) {
	err = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := entry.Name()
		if entry.IsDir() {
			if path != root && (name == ".git" || name == "testdata" || name == "node_modules") {
				return fs.SkipDir
			}
			return nil
		}
		if strings.HasSuffix(name, "_test.go") && !tests || slices.Contains(withoutProse, name) {
			return nil
		}
		found, err := sentences(root, path, extractor(name))
		all = append(all, found...)
		return err
	})
	return all, err
}

// sentences returns all sentences of the prose in one file.
func sentences(root, path string, extract func(string) ([]block, error)) ([]sentence, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	relative, err := filepath.Rel(root, path)
	if err != nil {
		return nil, err
	}
	blocks, err := extract(string(content))
	if err != nil {
		return nil, fmt.Errorf("reading the prose of %q: %w", path, err)
	}
	var all []sentence
	for _, b := range blocks {
		for _, text := range split(b.text) {
			all = append(all, sentence{filepath.ToSlash(relative), b.line, b.kind, text})
		}
	}
	return all, nil
}

var sentenceEnd = regexp.MustCompile(`([.!?]) `)

// split divides a text at each blank that follows a full stop, an exclamation mark or
// a question mark. An abbreviation such as "e.g." also ends a sentence.
func split(text string) []string {
	text = strings.Join(strings.Fields(text), " ")
	if text == "" {
		return nil
	}
	return strings.Split(sentenceEnd.ReplaceAllString(text, "$1\n"), "\n")
}

// goBlocks returns the comments and the string literals of a Go file. Import
// paths and struct tags are not prose.
func goBlocks(content string) ([]block, error) {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, "", content, parser.ParseComments)
	if err != nil {
		return nil, err
	}
	var blocks []block
	for _, group := range file.Comments {
		blocks = append(blocks, block{files.Position(group.Pos()).Line, "comment", group.Text()})
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ImportSpec:
			return false
		case *ast.Field:
			n.Tag = nil
		case *ast.BasicLit:
			if text, err := strconv.Unquote(n.Value); n.Kind == token.STRING && err == nil {
				blocks = append(blocks, block{files.Position(n.Pos()).Line, "string", text})
			}
		}
		return true
	})
	return blocks, nil
}

// markdownBlocks returns the paragraphs, list items, headings and table rows
// outside code fences.
func markdownBlocks(content string) []block {
	var c collector
	fenced := false
	for i, line := range strings.Split(content, "\n") {
		text := strings.TrimSpace(line)
		fence := strings.HasPrefix(text, "```")
		if fence {
			fenced = !fenced
		}
		switch {
		case fence || fenced || text == "":
			c.end()
		case startsItem.MatchString(text):
			c.end()
			c.add(i+1, "document", text)
		default:
			c.add(i+1, "document", text)
		}
	}
	return c.blocks()
}

var startsItem = regexp.MustCompile(`^([-*|#>]|\d+\.) ?`)

// yamlBlocks returns the comments and the descriptions of a YAML file. A
// description ends before the next line that is not indented more than the key of
// the description.
func yamlBlocks(content string) []block {
	var c collector
	inside, depth := false, 0
	for i, line := range strings.Split(content, "\n") {
		text := strings.TrimSpace(line)
		indent := len(line) - len(strings.TrimLeft(line, " "))
		if value, ok := strings.CutPrefix(text, "description:"); ok {
			c.end()
			inside, depth = true, indent
			c.add(i+1, "document", strings.Trim(value, " >|-"))
			continue
		}
		inside = inside && (indent > depth || text == "")
		switch comment, ok := strings.CutPrefix(text, "#"); {
		case inside:
			c.add(i+1, "document", text)
		case ok:
			c.add(i+1, "comment", comment)
		default:
			c.end()
		}
	}
	return c.blocks()
}

// lineComments returns the comments of a file. A comment consists of successive
// lines that start with the marker.
func lineComments(content, marker string) []block {
	var c collector
	for i, line := range strings.Split(content, "\n") {
		comment, ok := strings.CutPrefix(strings.TrimSpace(line), marker)
		// A line that starts with "#!" contains the interpreter.
		if !ok || strings.HasPrefix(comment, "!") {
			c.end()
			continue
		}
		c.add(i+1, "comment", comment)
	}
	return c.blocks()
}

// collector joins successive lines of the same kind into one block.
type collector struct {
	all  []block
	open bool
}

func (c *collector) add(line int, kind, text string) {
	if !c.open || c.all[len(c.all)-1].kind != kind {
		c.all = append(c.all, block{line: line, kind: kind})
		c.open = true
	}
	c.all[len(c.all)-1].text += " " + text
}

func (c *collector) end() { c.open = false }

func (c *collector) blocks() []block { return c.all }
