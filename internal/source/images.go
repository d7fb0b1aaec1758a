package source

import (
	"context"
	"errors"
	"slices"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/image/document"
	"github.com/ghcr-publish/ghcr-publish/internal/source/archive"
)

// CodeImagesUnnamed means that a source with several images contains an image without a
// name.
const CodeImagesUnnamed = "source-images-unnamed"

// Images returns the names of each image in a file or a directory. Each image has at least
// one name. The text after "#" in the name of a source selects an image, so each name
// that Images returns is a possible selection.
func Images(ctx context.Context, text string) ([][]string, error) {
	at, err := locate(text)
	if err != nil {
		return nil, err
	}
	if at.kind == Registry || at.kind == DockerEngine || at.kind == ContainersStorage || at.stream || at.pick != "" {
		return nil, diag.New(CodeNotSupported, diag.Source, "Save the images to a file (docker save --output bundle.tar NAME...), and write *=bundle.tar.", nil,
			"the source %q is not a file or a folder with several images", text)
	}
	s := &Source{Name: text}
	names, err := s.imageNames(ctx, at)
	return names, errors.Join(err, s.Close())
}

// imageNames opens the files of a source and returns the names of each image.
func (s *Source) imageNames(ctx context.Context, at location) ([][]string, error) {
	if err := s.mount(ctx, at, Options{}); err != nil {
		return nil, err
	}
	w := fileSet{files: s.files, path: at.path}
	kind, err := w.kind(ctx, at)
	if err != nil {
		return nil, err
	}
	if kind == DockerArchive {
		return dockerNames(ctx, w)
	}
	return layoutNames(ctx, w)
}

func dockerNames(ctx context.Context, w fileSet) ([][]string, error) {
	tar, ok := w.files.(*archive.Archive)
	if !ok {
		return nil, diag.New(CodeNotLayout, diag.Source, "Use the tar that docker save wrote, without unpacking it.", nil, "%q is not an archive", w.path)
	}
	all, err := dockerTar{fileSet: w, tar: tar}.images(ctx)
	if err != nil {
		return nil, err
	}
	return namesOfEach(w.path, all)
}

func layoutNames(ctx context.Context, w fileSet) ([][]string, error) {
	l := layout{fileSet: w}
	if err := l.checkVersion(ctx); err != nil {
		return nil, err
	}
	_, doc, err := l.index(ctx)
	if err != nil {
		return nil, err
	}
	all := slices.DeleteFunc(entriesOf(doc), entry.belongsToImage)
	for i, e := range all {
		if full := containerdNames(doc, e); len(full) > 0 {
			all[i].names = full
		}
	}
	return namesOfEach(w.path, all)
}

// containerdNames returns the whole references of an image. If an image has such a
// reference, its annotation refName contains only a tag.
func containerdNames(doc *document.Document, e entry) []string {
	var out []string
	for _, desc := range doc.Manifests {
		if n := desc.Annotations[imageName]; desc.Digest == e.desc.Digest && n != "" && !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return out
}

// namesOfEach returns the names of each image. An image without a name is an error,
// because its repository would be unknown.
func namesOfEach[C candidate](path string, all []C) ([][]string, error) {
	var out [][]string
	for _, c := range all {
		if len(c.imageNames()) == 0 {
			return nil, diag.New(CodeImagesUnnamed, diag.Source, "Name the images when you save them, or write one line for each image in the input sources: NAME=FILE#DIGEST.", nil,
				"%q contains the image %.19s, which has no name", path, c.digests()[0])
		}
		out = append(out, c.imageNames())
	}
	return out, nil
}
