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

// Exporter is an image store that exports images as a tar of docker save or as
// a tar of an OCI layout. The image store is a Docker engine or podman's
// storage. Open returns the errors of an Exporter unchanged.
type Exporter interface {
	// Find returns the image with the given name. If the store does not have
	// the image, the error has the code source-not-found.
	Find(ctx context.Context, name string) (*image.Stored, error)
	// Export starts the export of the image with the given ID. Each call starts
	// at the first byte of the tar.
	Export(ctx context.Context, id string) (io.ReadCloser, error)
	// Origins lists images in registries that share layers with the image that
	// has the given ID. It lists only images in repositories for which the
	// function wanted returns true. The image with the most shared layers
	// comes first.
	Origins(ctx context.Context, id string, wanted func(name.Repository) bool) ([]image.Origin, error)
}

// openExported opens an image of a store. It exports the image by ID. With an
// export by name, the result could mix two images if the tag moves during the
// run.
func (s *Source) openExported(ctx context.Context, at location, from Exporter) error {
	s.Kind = at.kind
	if from == nil {
		return diag.New(CodeNotSupported, diag.Source, "Save the image to a file, and use the file as the source.", nil,
			"the source %q has the transport %s:, which this command does not support", s.Name, at.kind)
	}
	if at.path == "" {
		return diag.New(CodeNotFound, diag.Source, fmt.Sprintf("Write %s:NAME:TAG with the name of an image in the store.", at.kind), nil, "the source %q contains no image name", s.Name)
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
	if err := s.openExport(ctx, fileSet{files: tar, path: name}); err != nil {
		return err
	}
	s.Names = found.Names
	if s.Kind == DockerEngine {
		s.explainDigest(found.ID)
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

// openExport reads the image from the tar of an export.
func (s *Source) openExport(ctx context.Context, w fileSet) error {
	kind, err := w.kind(ctx, location{})
	if err != nil {
		return err
	}
	if kind == DockerArchive {
		return s.openDocker(ctx, w, "")
	}
	return s.openLayout(ctx, w, "")
}

// explainDigest adds a notice if the published digest differs from the ID in
// the engine. The classic store uses the digest of the config as the ID. The
// containerd store uses the digest of the manifest or index.
func (s *Source) explainDigest(id string) {
	known := slices.ContainsFunc(s.Notices, func(n diag.Notice) bool { return n.Code == codeMissing })
	config := !s.Root.Index() && len(s.Root.Blobs) > 0 && s.Root.Blobs[0].Descriptor.Digest.String() == id
	switch {
	case known || config || s.Root.Descriptor.Digest.String() == id:
	case s.Root.Pending():
		s.Notices = append(s.Notices, diag.Notice{
			Code: codeCompressed, Level: diag.Info, Title: "Layers are compressed for publishing",
			Text: fmt.Sprintf("%q has uncompressed layers in the Docker engine. They are compressed, so the published digest differs from the digest in the engine, %s.", s.Name, id),
		})
	default:
		s.Notices = append(s.Notices, diag.Notice{
			Code: codeMissing, Level: diag.Warning, Title: "Only one platform is published",
			Text: fmt.Sprintf("The Docker engine does not have all platforms of the index %s. Only the image %s is published, without the index.", id, s.Root.Descriptor.Digest),
		})
	}
}

// FromStore reports whether the image comes from a store. A store may know
// repositories that have its layers.
func (s *Source) FromStore() bool { return s.origins != nil }

// Origins lists images in registries that share layers with this image. It
// lists only images in repositories for which the function wanted returns
// true. Only a store records such images. For every other source, the list is
// empty.
func (s *Source) Origins(ctx context.Context, wanted func(name.Repository) bool) ([]image.Origin, error) {
	if s.origins == nil {
		return nil, nil
	}
	return s.origins(ctx, wanted)
}

const hintElsewhere = " For an image in a registry, write docker://REFERENCE. " + HintPath

// codeNoEngine is the code of package docker for an engine that does not answer.
const codeNoEngine = diag.CodeEngineUnreachable

// openEngineImage looks for the image in the Docker engine if the name is not
// a path. If no engine answers, it returns noPath, which is the error of the
// search for the path.
func (s *Source) openEngineImage(ctx context.Context, from Exporter, noPath error) error {
	if from == nil || !diag.Is(noPath, CodeNotFound) || !isImageName(s.Name) {
		return noPath
	}
	err := s.openExported(ctx, location{kind: DockerEngine, path: s.Name}, from)
	switch {
	case diag.Is(err, CodeNotFound):
		path, image := diag.All(noPath)[0], diag.All(err)[0]
		path.Title += ", and " + image.Title
		if !strings.HasPrefix(path.Hint, hintPick) {
			path.Hint = image.Hint + hintElsewhere
		}
		return path
	case diag.Is(err, codeNoEngine):
		return noPath
	}
	return err
}

// isImageName reports whether text can be the name of an image and is not
// written as a path.
func isImageName(text string) bool {
	if strings.HasPrefix(text, ".") || strings.HasPrefix(text, "/") || strings.ContainsAny(text, `\#`) {
		return false
	}
	_, err := name.ParseReference(text)
	return err == nil
}
