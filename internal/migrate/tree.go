package migrate

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/flow"
)

// maxFile is the maximum size of a file that migrate reads, in bytes.
const maxFile = 1 << 20

// maxDepth is the maximum depth of the directories in which migrate searches
// for actions.
const maxDepth = 8

var (
	errTooLarge = errors.New("the file is larger than 1 MiB")
	errNotFile  = errors.New("the path is not a regular file")

	errTooComplex = errors.New("the evaluation of the expressions in the file takes too long")
)

func errUnsafe(err error) error { return fmt.Errorf("the edited file would not be valid: %w", err) }

// tree is an open checkout. All files are read through os.Root, so a symbolic
// link to a file outside of the checkout causes an error.
type tree struct {
	dir   string
	root  *os.Root
	repo  flow.Repository
	paths []string
	lib   *library
}

func openTrees(roots []Root) ([]*tree, error) {
	var trees []*tree
	for _, r := range roots {
		root, err := os.OpenRoot(r.Dir)
		if err != nil {
			closeTrees(trees)
			return nil, fmt.Errorf("opening the checkout %q: %w", r.Dir, err)
		}
		t := &tree{dir: r.Dir, root: root, paths: r.Paths}
		owner, name, ok := strings.Cut(r.Repository, "/")
		if !ok {
			owner, name = t.origin()
		}
		t.repo = flow.Repository{Owner: owner, Name: name}
		trees = append(trees, t)
	}
	for _, t := range trees {
		t.lib = &library{tree: t, others: trees}
	}
	return trees, nil
}

// repository returns the OWNER/NAME of the checkout, or "" if a part is unknown.
func (t *tree) repository() string {
	if t.repo.Owner == "" || t.repo.Name == "" {
		return ""
	}
	return t.repo.Owner + "/" + t.repo.Name
}

func closeTrees(trees []*tree) {
	for _, t := range trees {
		t.root.Close() // The error of Close is ignored, because migrate only reads through this root.
	}
}

// display returns a path of the checkout in the form that the user would type.
func (t *tree) display(name string) string {
	return filepath.ToSlash(filepath.Join(t.dir, filepath.FromSlash(name)))
}

func (t *tree) skip(name string, err error) *SkippedFile {
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		err = pathErr.Err
	}
	return &SkippedFile{Path: t.display(name), Err: err}
}

// read returns the content of a file. If the file has more than maxFile bytes, the
// method "read" returns errTooLarge.
func (t *tree) read(name string) ([]byte, error) {
	info, err := t.root.Stat(filepath.FromSlash(name))
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, errNotFile
	case info.Size() > maxFile:
		return nil, errTooLarge
	}
	f, err := t.root.Open(filepath.FromSlash(name))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	src, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if len(src) > maxFile {
		return nil, errTooLarge
	}
	return src, err
}

// list returns the files to read, sorted and without duplicates.
func (t *tree) list() (files []string, skipped []SkippedFile) {
	starts := t.paths
	if len(starts) == 0 {
		starts = []string{".github/workflows", ".github/actions"}
		for _, name := range []string{"action.yml", "action.yaml"} {
			if _, err := t.root.Lstat(name); err == nil {
				files = append(files, name)
			}
		}
	}
	for _, start := range starts {
		info, err := t.root.Stat(filepath.FromSlash(start))
		switch {
		case errors.Is(err, fs.ErrNotExist) && len(t.paths) == 0:
		case err != nil:
			skipped = append(skipped, *t.skip(start, err))
		case info.IsDir():
			t.walk(path.Clean(start), 0, &files, &skipped)
		default:
			files = append(files, path.Clean(start))
		}
	}
	slices.Sort(files)
	return slices.Compact(files), skipped
}

// walk collects the files that GitHub reads. In a directory "workflows", walk
// collects all YAML files. In any other directory, walk collects the files
// action.yml and action.yaml.
func (t *tree) walk(dir string, depth int, files *[]string, skipped *[]SkippedFile) {
	entries, err := fs.ReadDir(t.root.FS(), dir)
	if err != nil {
		*skipped = append(*skipped, *t.skip(dir, err))
		return
	}
	workflows := path.Base(dir) == "workflows"
	for _, e := range entries {
		name := path.Join(dir, e.Name())
		switch {
		case e.IsDir():
			if e.Name() != ".git" && e.Name() != "node_modules" && depth < maxDepth {
				t.walk(name, depth+1, files, skipped)
			}
		case isYAML(name) && (workflows || isAction(name) || depth == 0 && len(t.paths) > 0):
			*files = append(*files, name)
		}
	}
}

func isYAML(name string) bool {
	ext := strings.ToLower(path.Ext(name))
	return ext == ".yml" || ext == ".yaml"
}

func isAction(name string) bool {
	base := strings.ToLower(path.Base(name))
	return base == "action.yml" || base == "action.yaml"
}

// origin reads the owner and the name of the repository from the remote
// "origin" in .git/config. The results are empty if the file or the remote does
// not exist.
func (t *tree) origin() (owner, name string) { return repositoryOf(t.originURL()) }

// OriginURL returns the URL of the remote "origin" of the checkout that
// contains a folder. OriginURL returns "" if the folder is not in a checkout,
// or if the checkout has no such remote.
func OriginURL(folder string) string {
	dir, _, err := checkout(folder, true)
	if err != nil {
		return ""
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return ""
	}
	defer root.Close()
	return (&tree{dir: dir, root: root}).originURL()
}

func (t *tree) originURL() string {
	src, err := t.read(".git/config")
	if err != nil {
		src, err = t.linkedConfig()
	}
	if err != nil {
		return "" // If the checkout has no Git configuration, the repository is unknown.
	}
	inOrigin := false
	for line := range strings.Lines(string(src)) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "[") {
			inOrigin = line == `[remote "origin"]`
			continue
		}
		key, url, _ := strings.Cut(line, "=")
		if inOrigin && strings.TrimSpace(key) == "url" {
			return strings.TrimSpace(url)
		}
	}
	return ""
}

// linkedConfig returns the Git configuration of a worktree or a submodule. In
// these checkouts, .git is a file that contains the path of the Git folder
// (gitrepository-layout, "gitdir" and "commondir").
func (t *tree) linkedConfig() ([]byte, error) {
	src, err := t.read(".git")
	if err != nil {
		return nil, err
	}
	target, isLink := strings.CutPrefix(strings.TrimSpace(string(src)), "gitdir:")
	if !isLink {
		return nil, errNotFile
	}
	dir := below(t.dir, strings.TrimSpace(target))
	if common, err := readGitFile(dir, "commondir"); err == nil {
		dir = below(dir, strings.TrimSpace(string(common)))
	}
	return readGitFile(dir, "config")
}

// below returns the path unchanged if it is absolute. Otherwise, the function "below"
// joins the argument "dir" and the path.
func below(dir, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}

// readGitFile reads a file of a Git folder.
func readGitFile(dir, name string) ([]byte, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	return (&tree{root: root}).read(name)
}

// repositoryOf returns the last two path elements of a Git URL, which are the
// owner and the name of the repository.
func repositoryOf(url string) (owner, name string) {
	steps := strings.FieldsFunc(strings.TrimSuffix(url, ".git"), func(r rune) bool { return r == '/' || r == ':' })
	if len(steps) < 3 {
		return "", ""
	}
	return steps[len(steps)-2], steps[len(steps)-1]
}

// Roots groups the paths of the user by checkout. The checkout of a path is the
// nearest directory above the path that contains .git or .github. If a path is
// itself a checkout, Scan reads all workflows and actions of this checkout.
// Roots returns an error if a path does not exist.
func Roots(paths []string) ([]Root, error) {
	var roots []Root
	for _, p := range paths {
		info, err := os.Stat(p)
		if err != nil {
			return nil, fmt.Errorf("reading %q: %w", p, err)
		}
		dir, rest, err := checkout(p, info.IsDir())
		if err != nil {
			return nil, err
		}
		i := slices.IndexFunc(roots, func(r Root) bool { return r.Dir == dir })
		if i < 0 {
			i = len(roots)
			roots = append(roots, Root{Dir: dir})
		}
		if rest != "." {
			roots[i].Paths = append(roots[i].Paths, filepath.ToSlash(rest))
		}
	}
	return roots, nil
}

func checkout(p string, isDir bool) (dir, rest string, err error) {
	dir = filepath.Clean(p)
	if !isDir {
		dir = filepath.Dir(dir)
	}
	start := dir
	for range 40 {
		if exists(dir, ".git") || exists(dir, ".github") {
			rest, err = relative(dir, p)
			return dir, rest, err
		}
		up := filepath.Join(dir, "..")
		if a, err := filepath.Abs(dir); err != nil || a == filepath.Dir(a) {
			break
		}
		dir = up
	}
	rest, err = relative(start, p)
	return start, rest, err
}

func relative(dir, p string) (string, error) {
	d, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	a, err := filepath.Abs(p)
	if err != nil {
		return "", err
	}
	return filepath.Rel(d, a)
}

func exists(dir, name string) bool {
	_, err := os.Stat(filepath.Join(dir, name))
	return err == nil
}
