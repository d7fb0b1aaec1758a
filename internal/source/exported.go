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

// Exporter is an image store that exports images as a tar of docker save or
// as a tar of an OCI layout. The image store is a Docker engine or podman's
// storage. The function Open returns the errors of an Exporter unchanged.
type Exporter interface {
	// Find returns the image with the given name. If the store does not have
	// the image, Find returns an error with the code source-not-found.
	Find(ctx context.Context, name string) (*image.Stored, error)
	// Export starts the export of the image with the given ID. Each call
	// returns a reader that starts at the first byte of the tar.
	Export(ctx context.Context, id string) (io.ReadCloser, error)
	// Origins lists images in registries that share layers with the image that has the
	// given ID. Origins lists only images in repositories for which the function "wanted"
	// returns true. The image with the most shared layers is the first in the list.
	Origins(ctx context.Context, id string, wanted func(name.Repository) bool) ([]image.Origin, error)
}

// openExported opens an image of an image store. openExported exports the
// image by ID, because a tag can move during the run, and two exports by name
// could then return two different images.
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

// explainDigest adds a notice if the published digest differs from the ID of
// the image in the Docker engine. The classic image store of Docker uses the
// digest of the config as the ID. The containerd image store uses the digest
// of the manifest or index as the ID.
func (s *Source) explainDigest(id string) {
	known := slices.ContainsFunc(s.Notices, func(n diag.Notice) bool { return n.Code == codeMissing })
	config := !s.Root.Index() && len(s.Root.Blobs) > 0 && s.Root.Blobs[0].Descriptor.Digest.String() == id
	switch {
	case known || config || s.Root.Descriptor.Digest.String() == id:
	case s.Root.Pending():
		s.Notices = append(s.Notices, diag.Notice{
			Code: codeCompressed, Level: diag.Info, Title: "Layers are compressed for publishing",
			Text: fmt.Sprintf("%q has uncompressed layers in the Docker engine. The run compresses the layers, so the published digest differs from the digest %s in the engine.", s.Name, id),
		})
	default:
		s.Notices = append(s.Notices, diag.Notice{
			Code: codeMissing, Level: diag.Warning, Title: "Only one platform is published",
			Text: fmt.Sprintf("The Docker engine does not have all platforms of the index %s. The run publishes only the image %s, without the index.", id, s.Root.Descriptor.Digest),
		})
	}
}

// FromStore reports whether the image comes from an image store. Only an image store can
// record the repositories in which the layers of the image exist.
func (s *Source) FromStore() bool { return s.origins != nil }

// Origins lists images in registries that share layers with this image. Origins lists
// only images in repositories for which the function "wanted" returns true. Only an image
// store records the registries of its layers, so the list is empty for every other
// source.
func (s *Source) Origins(ctx context.Context, wanted func(name.Repository) bool) ([]image.Origin, error) {
	if s.origins == nil {
		return nil, nil
	}
	return s.origins(ctx, wanted)
}

const hintElsewhere = " For an image in a registry, write docker://REFERENCE. " + HintPath

// codeNoEngine is the code of an error of package docker for an engine that
// does not answer.
const codeNoEngine = diag.CodeEngineUnreachable

// openEngineImage looks for the image in the Docker engine if the name of the
// source is not a path. If no engine answers, openEngineImage returns the
// argument noPath, which is the error for a path that does not exist.
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

// isImageName reports whether the argument "text" can be the name of an image.
// isImageName returns false for a text that can only be a path, for example
// "./web".
func isImageName(text string) bool {
	if strings.HasPrefix(text, ".") || strings.HasPrefix(text, "/") || strings.ContainsAny(text, `\#`) {
		return false
	}
	_, err := name.ParseReference(text)
	return err == nil
}
