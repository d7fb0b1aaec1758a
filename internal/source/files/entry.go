package files

import (
	"archive/tar"
	"context"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ghcr-publish/ghcr-publish/internal/input"
)

// These constants are the limits of a layer.
const (
	maxEntries = 500_000
	maxName    = 4096 // the maximum length of a path in bytes, which is also the limit of Linux
)

// entry is one file, folder or link in a layer.
type entry struct {
	name string // the path in the layer, without a slash at the start
	kind byte   // tar.TypeReg, TypeDir or TypeSymlink
	link string // the target of a link

	folder, file string // The path on this machine has two parts, so that os.OpenInRoot can refuse a link that leads out of the folder.
}

// entries collects the files, folders and links of one layer.
type entries struct {
	byName map[string]*entry
	gitDir []string // the .git folders that the layer does not contain
}

// gather returns the entries for all lines of the input "content", sorted by
// name. gather skips .git folders and also returns a list of the skipped
// folders.
func gather(ctx context.Context, content []input.Content, parents bool) ([]*entry, []string, error) {
	all := &entries{byName: map[string]*entry{}}
	for _, c := range content {
		if err := all.line(ctx, c); err != nil {
			return nil, nil, err
		}
	}
	if err := all.adjustFolders(parents); err != nil {
		return nil, nil, err
	}
	out := make([]*entry, 0, len(all.byName))
	for _, e := range all.byName {
		out = append(out, e)
	}
	slices.SortFunc(out, func(a, b *entry) int { return strings.Compare(a.name, b.name) })
	return out, all.gitDir, nil
}

// line adds the files of one line of the input "content". If the path in the line is a
// folder, line adds the content of the folder. If the path itself is a link, line follows
// the link. If the folder contains a link, line adds the link to the layer and does not
// follow it.
func (a *entries) line(ctx context.Context, c input.Content) error {
	real, err := filepath.EvalSymlinks(c.Path)
	if err != nil {
		return readError(err, c.Path)
	}
	info, err := os.Stat(real)
	if err != nil {
		return readError(err, c.Path)
	}
	to := strings.TrimPrefix(c.To, "/")
	if info.IsDir() {
		return a.folder(ctx, real, to)
	}
	if !info.Mode().IsRegular() {
		return notPlain(c.Path, info.Mode())
	}
	if c.Into || to == "" {
		to = path.Join(to, filepath.Base(c.Path))
	}
	return a.add(&entry{name: to, kind: tar.TypeReg, folder: filepath.Dir(real), file: filepath.Base(real)})
}

func notPlain(path string, mode fs.FileMode) error {
	return contentError(CodeUnsafe, "Remove the file from the input content. The run accepts only files, folders and symbolic links, because the machine that runs a container creates the devices and sockets.", nil,
		"%q is a special file (%s) and not a regular file, folder or link", path, mode.Type())
}

// folder adds the content of a folder.
func (a *entries) folder(ctx context.Context, from, to string) error {
	root, err := os.OpenRoot(from)
	if err != nil {
		return readError(err, from)
	}
	defer root.Close()
	err = fs.WalkDir(root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return readError(err, filepath.Join(from, name))
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case name == ".":
			return nil
		case d.Name() == ".git":
			a.gitDir = append(a.gitDir, filepath.Join(from, name))
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		return a.found(root, &entry{name: path.Join(to, name), folder: from, file: name}, d.Type())
	})
	return err
}

// found adds one file, folder or link of a folder.
func (a *entries) found(root *os.Root, e *entry, mode fs.FileMode) error {
	here := filepath.Join(e.folder, e.file)
	switch mode & fs.ModeType {
	case 0:
		e.kind = tar.TypeReg
	case fs.ModeDir:
		e.kind = tar.TypeDir
	case fs.ModeSymlink:
		e.kind = tar.TypeSymlink
		link, err := root.Readlink(filepath.FromSlash(e.file))
		if err != nil {
			return readError(err, here)
		}
		if e.link = filepath.ToSlash(link); !inside(e.file, e.link) {
			return contentError(CodeUnsafe, "Use a relative link to a file in the same folder, or replace the link by a copy of the file (cp -L).", nil,
				"the link %q leads to %q, which is a path outside the folder", here, link)
		}
	default:
		return notPlain(here, mode)
	}
	return a.add(e)
}

// inside reports whether the link with the given name leads to a path inside
// the folder from the input "content".
func inside(name, link string) bool {
	return link != "" && !path.IsAbs(link) && !filepath.IsAbs(link) && filepath.IsLocal(filepath.FromSlash(path.Join(path.Dir(name), link)))
}

// add adds an entry to the layer. add refuses a name that has a special
// meaning in a layer.
func (a *entries) add(e *entry) error {
	here := filepath.Join(e.folder, e.file)
	switch {
	case !utf8.ValidString(e.name) || strings.ContainsFunc(e.name, unicode.IsControl):
		return contentError(CodeName, "Rename the file. The name must be UTF-8 text without control characters.", nil, "the name %q is not valid UTF-8 text", here)
	case len(e.name) > maxName:
		return contentError(CodeName, "Shorten the path.", nil, "the path of the file %.200q… in the image has more than %d bytes", here, maxName)
	case strings.HasPrefix(path.Base(e.name), ".wh."):
		return contentError(CodeName, "Rename the file, or remove it from the input content.", nil, "the file %q would delete a file of the base image, because a name that starts with \".wh.\" marks a deleted file (image-spec, \"Whiteouts\")", here)
	case len(a.byName) >= maxEntries:
		return contentError(CodeTooMany, "Pack the files into an archive, or divide the files into several images.", nil, "the input content has more than %d files", maxEntries)
	}
	if old := a.byName[e.name]; old != nil {
		if old.kind == tar.TypeDir && e.kind == tar.TypeDir {
			return nil
		}
		return contentError(CodeDuplicate, "Remove one of the files from the input content.", nil, "%q and %q have the same path /%s in the image", filepath.Join(old.folder, old.file), here, e.name)
	}
	a.byName[e.name] = e
	return nil
}

// adjustFolders returns an error if the path of a file is also the path of a folder with
// files. If the argument "parents" is true, adjustFolders adds an entry for every folder,
// because the image has no base image. With a base image, adjustFolders keeps only the
// entries of empty folders. Otherwise, an entry for a folder would replace the mode of a
// folder in the base, for example of /tmp. Such an entry would also replace a link in the
// base, for example /lib. A program that unpacks a layer creates each folder that has no
// entry.
func (a *entries) adjustFolders(parents bool) error {
	full := map[string]bool{}
	for _, e := range a.byName {
		for dir := path.Dir(e.name); dir != "." && !full[dir]; dir = path.Dir(dir) {
			full[dir] = true
		}
	}
	for dir := range full {
		switch e := a.byName[dir]; {
		case e != nil && e.kind != tar.TypeDir:
			return contentError(CodeDuplicate, "Change the path after the colon in one of the lines of the input content.", nil, "the file %q has the path /%s in the image, but this path is also a folder that contains other files", filepath.Join(e.folder, e.file), dir)
		case parents && e == nil:
			a.byName[dir] = &entry{name: dir, kind: tar.TypeDir}
		case !parents && e != nil:
			delete(a.byName, dir)
		}
	}
	if len(a.byName) == 0 {
		return contentError(CodeNotFound, "Run the step that writes the files before this step.", nil, "the paths in the input content contain no file")
	}
	return nil
}
