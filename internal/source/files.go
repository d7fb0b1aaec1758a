package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/source/archive"
	"github.com/ghcr-publish/ghcr-publish/internal/source/detect"
)

// files gives access to the files of a directory or an archive by their
// slash-separated names. If a file does not exist, the methods return an
// error that wraps fs.ErrNotExist.
type files interface {
	Stat(ctx context.Context, name string) (int64, error)
	Open(ctx context.Context, name string) (io.ReadCloser, error)
	Close() error
}

// directory reads files below one directory. The type os.Root refuses
// symbolic links that lead out of the directory.
type directory struct {
	root *os.Root
	path string
}

func openDirectory(path string) (files, error) {
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, unreadable(err, "the directory %q cannot be opened", path)
	}
	return directory{root: root, path: path}, nil
}

// Close releases the handle of the directory.
func (d directory) Close() error { return d.root.Close() }

// Stat returns the size of a regular file in bytes. For any other type of
// file, Stat returns an error with the code source-unsafe-path.
func (d directory) Stat(_ context.Context, name string) (int64, error) {
	info, err := d.root.Stat(name)
	if err != nil {
		return 0, d.explain(name, err)
	}
	if !info.Mode().IsRegular() {
		return 0, diag.New(CodeUnsafePath, diag.Source, "A layout contains only regular files. "+hintRebuild, nil,
			"%q in %q is not a regular file (%s)", name, d.path, info.Mode().Type())
	}
	return info.Size(), nil
}

// Open opens a regular file. The caller closes the file.
func (d directory) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	if _, err := d.Stat(ctx, name); err != nil { // The type is checked first, because opening a named pipe would block.
		return nil, err
	}
	f, err := d.root.Open(name)
	if err != nil {
		return nil, d.explain(name, err)
	}
	return f, nil
}

// explain returns an error with the code source-unsafe-path for a symbolic
// link that leads out of the directory. explain checks the type of the file,
// because package os has no exported error for such a link.
func (d directory) explain(name string, err error) error {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		return explain(d.path, name, err)
	}
	if info, bad := d.root.Lstat(name); bad != nil || info.Mode()&fs.ModeSymlink != 0 {
		return diag.New(CodeUnsafePath, diag.Source, "Copy the layout with cp -rL, which replaces each link by its file, and use the copy as the source.", err,
			"%q in %q is a link to a path outside the layout", name, d.path)
	}
	return explain(d.path, name, err)
}

func explain(source, name string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("finding %q in %q: %w", name, source, fs.ErrNotExist)
	}
	return unreadable(err, "%q in %q cannot be read", name, source)
}

// fileSet contains the files of a source, and the path of the source for messages.
type fileSet struct {
	files
	path string
}

// has reports whether the source contains a file with the given name.
func (w fileSet) has(ctx context.Context, name string) (bool, error) {
	_, err := w.Stat(ctx, name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// document reads a whole JSON document. If the JSON document has more than "limit" bytes,
// the method document returns an error.
func (w fileSet) document(ctx context.Context, name string, limit int64) ([]byte, error) {
	size, err := w.Stat(ctx, name)
	if err != nil {
		return nil, err
	}
	if size > limit {
		return nil, tooLarge(w.path, name, size, limit)
	}
	r, err := w.Open(ctx, name)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	raw, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, unreadable(err, "%q in %q cannot be read", name, w.path)
	}
	if int64(len(raw)) != size {
		return nil, diag.New(CodeTruncated, diag.Source, hintRebuild, nil, "%q in %q has %d bytes instead of %d", name, w.path, len(raw), size)
	}
	return raw, nil
}

func tooLarge(path, name string, size, limit int64) error {
	return diag.New(CodeManifestLarge, diag.Source, "Build the image with fewer layers and annotations. Registries accept manifests up to 4 MiB.", nil,
		"%q in %q has %d bytes, more than the limit of %d", name, path, size, limit)
}

// kind detects the kind of the source from the names of the files in its top
// directory, for example index.json or manifest.json.
func (w fileSet) kind(ctx context.Context, at location) (Kind, error) {
	var found [3]bool
	for i, name := range []string{"index.json", "manifest.json", "repositories"} {
		var err error
		if found[i], err = w.has(ctx, name); err != nil {
			return "", unreadable(err, "%q cannot be read", w.path)
		}
	}
	index, manifest, repositories := found[0], found[1], found[2]
	switch {
	case at.kind != "":
		return at.kind, nil
	case manifest && !at.dir:
		return DockerArchive, nil
	case index && at.dir:
		return OCILayout, nil
	case index:
		return OCIArchive, nil
	case manifest:
		return "", diag.New(CodeNotLayout, diag.Source, "Use the tar that docker save wrote, without unpacking it. For a directory of skopeo (dir:), run skopeo copy dir:PATH oci:LAYOUT.", nil,
			"%q contains manifest.json but no index.json, so it is not an OCI layout", w.path)
	case repositories:
		return DockerArchive, nil
	}
	if a, ok := w.files.(*archive.Archive); ok && !a.Complete() && !detect.Names(w.path, a.Names()).Found() {
		return "", archive.Truncated(w.path, "it has no end mark, and the files index.json and manifest.json are missing")
	}
	return "", diag.New(CodeNotLayout, diag.Source, "Use an OCI layout (a directory with index.json, oci-layout and blobs), a tar of an OCI layout, or a tar that docker save wrote.", nil,
		"%q contains neither index.json nor manifest.json", w.path)
}
