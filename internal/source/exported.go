package source

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/source/archive"
)

// Exporter is a store of images that hands them out as the tar of docker save
// or of an OCI layout: a Docker engine, or podman's storage. Its errors are
// passed on as they are.
type Exporter interface {
	// Find describes the image that name means; for one that is not there an
	// error with the code source-not-found.
	Find(ctx context.Context, name string) (*image.Stored, error)
	// Export starts the tar of one id, from its first byte each time.
	Export(ctx context.Context, id string) (io.ReadCloser, error)
	// Origins lists images in wanted repositories that are known to have
	// layers of one id, those with the most first.
	Origins(ctx context.Context, id string, wanted func(name.Repository) bool) ([]image.Origin, error)
}

// openExported opens an image of a store. It is exported by id, so that a name
// which moves meanwhile does not mix two images.
func (s *Source) openExported(ctx context.Context, at place, from Exporter) error {
	s.Kind = at.kind
	if from == nil {
		return problem(CodeNotSupported, "Save it to a file first, and use the file as the source.", nil,
			"the source %q is of a kind that is not read here (%s:)", s.Name, at.kind)
	}
	if at.path == "" {
		return problem(CodeNotFound, fmt.Sprintf("Write %s:NAME:TAG, as its images are listed.", at.kind), nil, "the source %q names no image", s.Name)
	}
	found, err := from.Find(ctx, at.path)
	if err != nil {
		return err
	}
	s.origins = func(ctx context.Context, wanted func(name.Repository) bool) ([]image.Origin, error) {
		return from.Origins(ctx, found.ID, wanted)
	}
	name := string(at.kind) + ":" + at.path
	tar, err := archive.OpenExport(ctx, name, func(ctx context.Context) (io.ReadCloser, error) { return from.Export(ctx, found.ID) })
	if err != nil {
		return err
	}
	s.files = tar
	if err := s.openExport(ctx, where{files: tar, path: name}); err != nil {
		return err
	}
	s.Names = found.Names
	if s.Kind == DockerEngine {
		s.compare(found.ID)
	}
	if found.OCI && s.Root.Pending() {
		s.Root.ToOCI()
		s.Root.Annotations = found.Annotations
		if s.Root.Annotations == nil {
			s.Root.Annotations = map[string]string{}
		}
	}
	return nil
}

// openExport reads the image of a tar that a store hands out.
func (s *Source) openExport(ctx context.Context, w where) error {
	kind, err := w.kind(ctx, place{})
	if err != nil {
		return err
	}
	if kind == DockerArchive {
		return s.openDocker(ctx, w, "")
	}
	return s.openLayout(ctx, w, "")
}

// compare says why what is published has another digest than the image in the
// engine. With the classic store an image's id is its config's digest, with
// containerd's its own.
func (s *Source) compare(id string) {
	known := slices.ContainsFunc(s.Notices, func(n diag.Notice) bool { return n.Code == codeMissing })
	config := !s.Root.Index() && len(s.Root.Blobs) > 0 && s.Root.Blobs[0].Descriptor.Digest.String() == id
	switch {
	case known || config || s.Root.Descriptor.Digest.String() == id:
	case s.Root.Pending():
		s.Notices = append(s.Notices, diag.Notice{
			Code: codeCompressed, Level: diag.Info, Title: "Layers are compressed for publishing",
			Text: fmt.Sprintf("%q has plain layers in the Docker engine. They are compressed, so the digest is not the engine's, %s.", s.Name, id),
		})
	default:
		s.Notices = append(s.Notices, diag.Notice{
			Code: codeMissing, Level: diag.Warning, Title: "Only one platform is published",
			Text: fmt.Sprintf("Of the index %s the Docker engine has not all platforms, so only the image %s is published, without the index.", id, s.Root.Descriptor.Digest),
		})
	}
}

// Stored reports whether the image is in a store that may know where its layers
// come from.
func (s *Source) Stored() bool { return s.origins != nil }

// Origins lists images in wanted repositories that have layers of this one, as
// far as the store that it is in knows. Others than stores know of none.
func (s *Source) Origins(ctx context.Context, wanted func(name.Repository) bool) ([]image.Origin, error) {
	if s.origins == nil {
		return nil, nil
	}
	return s.origins(ctx, wanted)
}

const hintElsewhere = " An image in a registry is docker://REFERENCE; a path is taken from the directory the step runs in, and the step that writes it must run before."

// openBare looks whether the Docker engine has an image by a name that is no
// path. Where there is no engine, what was wrong with the path is all there is
// to say.
func (s *Source) openBare(ctx context.Context, from Exporter, noPath error) error {
	if from == nil || !diag.Is(noPath, CodeNotFound) || !imageLike(s.Name) {
		return noPath
	}
	err := s.openExported(ctx, place{kind: DockerEngine, path: s.Name}, from)
	switch {
	case diag.Is(err, CodeNotFound):
		path, image := diag.All(noPath)[0], diag.All(err)[0]
		path.Title += ", and " + image.Title
		if !strings.HasPrefix(path.Hint, hintPick) {
			path.Hint = image.Hint + hintElsewhere
		}
		return path
	case diag.Is(err, "engine-unreachable"):
		return noPath
	}
	return err
}

// imageLike reports names that can be an image's and are not meant as a path.
func imageLike(text string) bool {
	if strings.HasPrefix(text, ".") || strings.HasPrefix(text, "/") || strings.ContainsAny(text, `\#`) {
		return false
	}
	_, err := name.ParseReference(text)
	return err == nil
}
