// Package source opens what is to be published and gives back the tree of
// manifests that travels, with a way to open each blob.
//
// It reads OCI layouts (image-spec, "Image Layout") as directories and tars,
// the tars of docker save (manifest.json, with or without an OCI layout in
// them), images in a Docker engine or in podman's storage through [Exporter], and references in
// registries through [Remote]. What is OCI keeps its
// bytes and so its digests. Plain layers of docker save are compressed while
// they are read, to the same bytes everywhere.
//
// Opening reads and checks manifests; of blobs it checks presence and size.
// Their digests are checked by whoever reads them (package registry, while it
// sends). It writes nothing, and treats every source as hostile: documents,
// depth and number are bounded, paths cannot leave the source.
package source

import (
	"context"
	"errors"
	"io"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/source/archive"
)

// Kind is what a source turned out to be: the transport prefix that names it
// outright, without its colon.
type Kind string

// The kinds of source.
const (
	OCILayout     Kind = "oci"            // a directory
	OCIArchive    Kind = "oci-archive"    // a tar of one
	DockerArchive Kind = "docker-archive" // docker save
	Registry      Kind = "docker"         // docker://reference
	DockerEngine  Kind = "docker-daemon"  // a Docker engine's image

	ContainersStorage Kind = "containers-storage" // podman's, buildah's
)

// Remote reads a registry. Package registry implements it; its errors are
// passed on as they are.
type Remote interface {
	// Manifest returns the manifest or index that ref names, at most
	// image.MaxManifestSize bytes of it, exactly as the registry has it.
	Manifest(ctx context.Context, ref name.Reference) (v1.Descriptor, []byte, error)
	// Blob starts reading a blob of the repository.
	Blob(ctx context.Context, repo name.Repository, desc v1.Descriptor) (io.ReadCloser, error)
}

// Options are what opening may need.
type Options struct {
	// Remote reads docker:// references; nil refuses them.
	Remote Remote
	// Exporters are the stores that have images besides files and registries.
	// The Docker engine's is also asked for a name that is no path.
	Exporters map[Kind]Exporter
	// NoPlatform leaves the platform of a single image in a registry unread:
	// it stands in the config, which costs a request.
	NoPlatform bool
}

// Source is an open source. Its blobs can be read until it is closed.
type Source struct {
	// Name is the source as the user wrote it.
	Name string
	// Kind is what it turned out to be. A tar of docker save is a
	// DockerArchive also where the OCI layout inside it was used.
	Kind Kind
	// Root is the image or index to publish.
	Root *image.Manifest
	// Names are the names and tags that the source gives its images, in its
	// order, those of images that were not picked included.
	Names []string
	// Plain says that the tree has layers which its store keeps plain, and
	// which are not meant to be published so.
	Plain bool
	// Notices are what the user should know about how it was read.
	Notices []diag.Notice

	files   files
	origins func(context.Context, func(name.Repository) bool) ([]image.Origin, error)
}

// Close frees the files of the source.
func (s *Source) Close() error {
	if s.files == nil {
		return nil
	}
	return s.files.Close()
}

// Open opens the source that text names: a path, a path with "#" and the name,
// tag or digest of one image in it, or either after a transport prefix
// (oci:, oci-archive:, docker-archive:, docker://), or the name or id of an image
// in a store (docker-daemon:, containers-storage:). Without a prefix the path is looked at, not its
// extension; where there is none, the Docker engine may have an image by that
// name.
//
// Errors are *diag.Error with Side diag.Source and one of the codes of this
// package, except those of Remote, of Exporters and of a context that ended.
func Open(ctx context.Context, text string, opts Options) (*Source, error) {
	s := &Source{Name: text}
	if err := s.open(ctx, opts); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Source) open(ctx context.Context, opts Options) error {
	at, err := locate(s.Name)
	if err != nil {
		return s.openBare(ctx, opts.Exporters[DockerEngine], err)
	}
	switch s.Kind = at.kind; at.kind {
	case Registry:
		return s.openRegistry(ctx, at.path, opts)
	case DockerEngine, ContainersStorage:
		return s.openExported(ctx, at, opts.Exporters[at.kind])
	}
	return s.openFiles(ctx, at)
}

// openFiles opens a directory or an archive and reads the image in it.
func (s *Source) openFiles(ctx context.Context, at place) error {
	if err := s.mount(ctx, at); err != nil {
		return err
	}
	w := where{files: s.files, path: at.path}
	kind, err := w.kind(ctx, at)
	if err != nil {
		return err
	}
	s.Kind = kind
	if kind == DockerArchive {
		return s.openDocker(ctx, w, at.pick)
	}
	return s.openLayout(ctx, w, at.pick)
}

// mount makes the files of a path readable by name.
func (s *Source) mount(ctx context.Context, at place) (err error) {
	if at.dir {
		s.files, err = openDirectory(at.path)
		return err
	}
	a, err := archive.Open(ctx, at.path)
	if err != nil {
		return err
	}
	s.files = a
	return nil
}
