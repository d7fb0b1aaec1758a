// Package source opens the image to publish. It returns the tree of the
// manifests of the image. Each blob of the tree has a function that opens it.
//
// It reads OCI layouts (image-spec, "Image Layout"), which are directories or
// tars. It reads tars of docker save, with or without an OCI layout in the
// tar. It reads images in a Docker engine or in podman's storage through
// [Exporter], and references in registries through [Remote]. OCI content keeps
// its bytes and its digests. Uncompressed layers of docker save are compressed
// while they are read. The compressed bytes are the same on every machine.
//
// Open reads and verifies manifests. For a blob, it checks only that the blob
// exists and has the right size. The caller that reads a blob must verify its
// digest. In a push, package registry verifies the digest. Package source
// writes nothing and treats every source as untrusted. It limits the size,
// depth and number of documents, and refuses paths that leave the source.
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

// Kind is the kind of a source. Its value is the transport prefix without the
// colon.
type Kind string

// The kinds of source.
const (
	OCILayout     Kind = "oci"            // a directory
	OCIArchive    Kind = "oci-archive"    // a tar of an OCI layout
	DockerArchive Kind = "docker-archive" // a tar of docker save
	Registry      Kind = "docker"         // docker://reference
	DockerEngine  Kind = "docker-daemon"  // an image in a Docker engine

	ContainersStorage Kind = "containers-storage" // an image in the storage of podman and buildah
)

// Remote reads from a registry. Package registry implements Remote. Open
// returns the errors of Remote unchanged.
type Remote interface {
	// Manifest returns the manifest or index of ref exactly as the registry
	// stores it. It reads at most image.MaxManifestSize bytes.
	Manifest(ctx context.Context, ref name.Reference) (v1.Descriptor, []byte, error)
	// Blob opens a blob of the repository. The caller closes the reader.
	Blob(ctx context.Context, repo name.Repository, desc v1.Descriptor) (io.ReadCloser, error)
}

// Options configures Open.
type Options struct {
	// Remote reads docker:// references. If Remote is nil, Open refuses such
	// references.
	Remote Remote
	// Exporters are the available image stores. If the name of the
	// source is not a path, Open also asks the Docker engine for the image.
	Exporters map[Kind]Exporter
	// If SkipPlatform is true, Open does not read the platform of a single
	// image in a registry. The platform is in the config, and reading the
	// config costs one request.
	SkipPlatform bool
	// If RootOnly is true, Open reads only the root of an index in a registry. The
	// children then have descriptors and platforms, but no bytes and no blobs.
	RootOnly bool
	// Sparse allows a layout that lacks blobs. Such a blob has the field Absent. The
	// caller must find it in a registry.
	Sparse bool
	// Stdin is the source with the name "-". If Stdin is nil, Open refuses this name.
	Stdin io.Reader
	// Temp is the folder for the temporary copy of a source that can be read only
	// once. If it is empty, Open uses the default folder of the operating system.
	Temp string
}

// Source is an open source. Its blobs can be read until Close.
type Source struct {
	// Name is the name of the source as the user wrote it.
	Name string
	// Kind is the detected kind. It is DockerArchive for every tar of docker
	// save, even if Open used the OCI layout in it.
	Kind Kind
	// Root is the image or index to publish.
	Root *image.Manifest
	// Names are the names and tags of all images in the source, in the order of
	// the source. They include the images that were not picked.
	Names []string
	// HasPlainLayers is true if the store keeps layers of the tree
	// uncompressed. The caller compresses these layers before it publishes the
	// image.
	HasPlainLayers bool
	// Notices are messages for the user about the way the source was read.
	Notices []diag.Notice
	// Attached are manifests that refer to images of the tree. They are
	// published with the tree.
	Attached []Attached

	files   files
	sparse  bool
	origins func(context.Context, func(name.Repository) bool) ([]image.Origin, error)
}

// Attached is a manifest that refers to an image of the tree.
type Attached struct {
	Root    *image.Manifest
	Subject v1.Hash       // the image that Root refers to
	Entry   v1.Descriptor // the entry in the list of referrers of Subject
}

// Close releases the files of the source.
func (s *Source) Close() error {
	if s.files == nil {
		return nil
	}
	return s.files.Close()
}

// Open opens the source with the name text. A name is one of these:
//   - a path
//   - a path with "#" and the name, tag or digest of one image in it
//   - a path or reference after a transport prefix (oci:, oci-archive:,
//     docker-archive:, docker://)
//   - the name or ID of an image in a store (docker-daemon:,
//     containers-storage:)
//   - "-" for an archive from standard input. A path can also be a named pipe.
//
// Without a prefix, Open detects the kind from the content of the path and not
// from its extension. If the path does not exist, Open looks for an image with
// this name in the Docker engine.
//
// Errors are *diag.Error with Side diag.Source and a code of this package.
// Open returns the errors of Remote, of Exporters and of an ended context
// unchanged.
func Open(ctx context.Context, text string, opts Options) (*Source, error) {
	s := &Source{Name: text, sparse: opts.Sparse}
	if err := s.open(ctx, opts); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Source) open(ctx context.Context, opts Options) error {
	at, err := locate(s.Name)
	if err != nil {
		return s.openEngineImage(ctx, opts.Exporters[DockerEngine], err)
	}
	switch s.Kind = at.kind; at.kind {
	case Registry:
		return s.openRegistry(ctx, at.path, opts)
	case DockerEngine, ContainersStorage:
		return s.openExported(ctx, at, opts.Exporters[at.kind])
	}
	return s.openFiles(ctx, at, opts)
}

// openFiles opens a directory or an archive and reads the image in it.
func (s *Source) openFiles(ctx context.Context, at location, opts Options) error {
	err := s.readFiles(ctx, at, opts)
	if diag.Is(err, CodeNotLayout) {
		return s.notImage(at, err)
	}
	return err
}

func (s *Source) readFiles(ctx context.Context, at location, opts Options) error {
	if err := s.mount(ctx, at, opts); err != nil {
		return err
	}
	w := fileSet{files: s.files, path: at.path}
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

// mount opens the directory or the archive so that its files can be read by
// name.
func (s *Source) mount(ctx context.Context, at location, opts Options) (err error) {
	if at.dir {
		s.files, err = openDirectory(at.path)
		return err
	}
	var a *archive.Archive
	if at.stream {
		a, err = s.openStream(ctx, at, opts)
	} else {
		a, err = archive.Open(ctx, at.path)
	}
	if err != nil {
		return err
	}
	s.files = a
	return nil
}
