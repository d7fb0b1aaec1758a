package rules

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/bounded"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/lazy"
	"go.yaml.in/yaml/v3"
)

// Files reads the files that the input "keep-used" names.
type Files interface {
	// Read returns the content of each file at a path. If the path is a folder, Read
	// returns the files below the folder. The error wraps fs.ErrNotExist if the path does
	// not exist.
	Read(path string) (map[string][]byte, error)
}

// NoFiles contains no files.
type NoFiles struct{}

// Read returns an error for each path.
func (NoFiles) Read(path string) (map[string][]byte, error) {
	return nil, fmt.Errorf("reading %q: %w", path, fs.ErrNotExist)
}

// Disk reads files of this machine.
type Disk struct{}

// Limits for the files that the input "keep-used" names.
const (
	maxUsedFile  = 4 << 20
	maxUsedFiles = 20_000
	maxUsedTotal = 64 << 20
)

// Read returns the files at a path. It omits the folders .git and node_modules, and
// links. Read returns an error if the files exceed a limit, because a file that is not
// read could name an image that must stay.
func (Disk) Read(path string) (map[string][]byte, error) {
	// Windows has another error for a name that no file can have, such as the pattern x*.
	if runtime.GOOS == "windows" && strings.ContainsAny(path, `*?"<>|`) {
		return NoFiles{}.Read(path)
	}
	out, total := map[string][]byte{}, 0
	err := filepath.WalkDir(path, func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && name != path && (d.Name() == ".git" || d.Name() == "node_modules"):
			return fs.SkipDir
		case name != path && !d.Type().IsRegular(), d.IsDir():
			return nil
		}
		body, err := readLimited(name)
		if name != path && errors.Is(err, errBinary) {
			body, err = nil, nil
		}
		if err != nil {
			return err
		}
		out[name] = body
		if total += len(body); len(out) > maxUsedFiles || total > maxUsedTotal {
			return fmt.Errorf("reading %q: the folder has more than %d files or %d bytes", path, maxUsedFiles, maxUsedTotal)
		}
		return nil
	})
	return out, err
}

// errBinary is the error for a file that is not text. In a folder, such a file names no image.
var errBinary = errors.New("the file is not a text file")

// readLimited reads a file as UTF-8. For a binary file, readLimited returns errBinary. A text
// in UTF-16 contains zero bytes, but is no binary file, because it can name images.
func readLimited(name string) ([]byte, error) {
	file, err := bounded.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(io.LimitReader(file, maxUsedFile+1))
	if err == nil && len(body) == 0 && !info.Mode().IsRegular() {
		err = errors.New("the pipe or device contains nothing, so the program that writes the list has probably failed")
	}
	var text []byte
	if err == nil {
		text, err = bounded.Decode(body)
	}
	switch {
	case err != nil:
		return nil, fmt.Errorf("reading %q: %w", name, err)
	case bytes.IndexByte(text[:min(len(text), 8192)], 0) >= 0:
		return nil, errBinary
	case len(body) > maxUsedFile:
		return nil, fmt.Errorf("reading %q: the file has more than %d bytes", name, maxUsedFile)
	}
	return text, nil
}

// used parses the lines of the input "keep-used".
func (p *parser) used(r *Rules, text string, files Files, registry string) {
	for _, line := range lines(text) {
		path, named := strings.CutPrefix(line, "@")
		if named || !isReference(line) {
			found, err := files.Read(path)
			if err == nil {
				r.search(found, registry)
				continue
			}
			if named || looksLikePath(line) || isWord(line) || !errors.Is(err, fs.ErrNotExist) {
				p.unreadable(line, err)
				continue
			}
		}
		r.Keep = append(r.Keep, p.protection("keep-used", line)...)
	}
}

// looksLikePath reports whether a line with a slash is no regular expression. Then a
// missing file is an error, because the file could name an image that must stay.
func looksLikePath(line string) bool {
	return strings.Contains(line, "/") && !(strings.HasPrefix(line, "/") && strings.HasSuffix(line, "/"))
}

// isWord reports whether a line is neither a pattern nor a digest. Such a line is more often
// the name of a file than a tag, and a missing file is an error.
func isWord(line string) bool {
	return !strings.ContainsAny(line, "*?[]/") && !strings.HasPrefix(line, "sha256:")
}

func (p *parser) unreadable(line string, err error) {
	if errors.Is(err, fs.ErrNotExist) {
		err = nil // the text of this error depends on the system
	}
	p.problems = append(p.problems, &diag.Error{
		Code: CodeUsedUnreadable, Side: diag.Input, Input: "keep-used", Err: err,
		Title: "The line " + quote(line) + " of the input keep-used names a file or folder that the program cannot read",
		Hint:  "Write an existing path, @FILE, or a reference with its registry such as ghcr.io/acme/web:1.2. To keep a tag, write the tag in the input keep. Run actions/checkout before this step if the path is in the repository.",
	})
}

// search adds the references in the files to the protections.
func (r *Rules) search(files map[string][]byte, registry string) {
	expression := regexp.MustCompile(`(?i)` + regexp.QuoteMeta(registry) + `/[a-z0-9._/-]+(?::[A-Za-z0-9_][A-Za-z0-9._-]*)?(?:@sha256:[0-9a-f]{64})?`)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		body := files[name]
		for _, at := range expression.FindAllIndex(body, -1) {
			r.found(name, string(body[at[0]:at[1]]), body[at[1]:])
		}
		if strings.HasSuffix(name, ".yml") || strings.HasSuffix(name, ".yaml") {
			r.searchYAML(name, body, registry)
		}
	}
}

var variable = lazy.Regexp(`^[:@]?[A-Za-z0-9._-]*(?:\$|\{\{|%)`)

// found adds one reference of a file. A reference that ends in a variable is unclear.
func (r *Rules) found(file, text string, after []byte) {
	if variable().Match(after[:min(len(after), 200)]) {
		r.Unclear = append(r.Unclear, file+": "+text)
	}
	if p, ok := parseReference(strings.TrimRight(text, "./-")); ok {
		p.Source = "keep-used: " + file
		r.Keep = append(r.Keep, p)
	}
}

// searchYAML adds images whose name and tag are in two fields: the images of a
// kustomization, and the fields repository and tag of Helm values. A document that is no
// YAML was already searched as text.
func (r *Rules) searchYAML(file string, body []byte, registry string) {
	decoder := yaml.NewDecoder(bytes.NewReader(body))
	for range 1000 {
		var node yaml.Node
		if decoder.Decode(&node) != nil {
			return
		}
		r.searchNode(file, &node, registry, 0)
	}
}

func (r *Rules) searchNode(file string, n *yaml.Node, registry string, depth int) {
	const deepest = 100
	if depth > deepest {
		return
	}
	if n.Kind == yaml.MappingNode {
		r.searchMapping(file, n, registry)
	}
	for _, child := range n.Content {
		r.searchNode(file, child, registry, depth+1)
	}
}

func (r *Rules) searchMapping(file string, n *yaml.Node, registry string) {
	value := map[string]string{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		value[n.Content[i].Value] = n.Content[i+1].Value
	}
	name := firstOf(value, "newName", "name", "repository", "image")
	digestText, tag := value["digest"], firstOf(value, "newTag", "tag")
	if !strings.HasPrefix(strings.ToLower(name), registry+"/") || digestText == "" && tag == "" {
		return
	}
	text := name + ":" + tag
	if digestText != "" {
		text = name + "@" + digestText
	}
	if p, ok := parseReference(text); ok {
		p.Source = "keep-used: " + file
		r.Keep = append(r.Keep, p)
	}
}

func firstOf(value map[string]string, keys ...string) string {
	for _, key := range keys {
		if value[key] != "" {
			return value[key]
		}
	}
	return ""
}
