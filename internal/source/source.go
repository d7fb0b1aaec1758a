// Package source opens the image to publish. Package source returns the tree of the
// manifests of the image. Each blob of the tree has a function that opens the blob.
//
// Package source reads OCI layouts (image-spec, "Image Layout"), which are directories or
// tars. Package source reads tars of docker save, with or without an OCI layout in the
// tar. Package source reads images in a Docker engine or in podman's storage through
// [Exporter], and images in registries through [Remote]. Package source does not change
// the bytes and the digests of the content of an OCI layout. Package source compresses
// the uncompressed layers of docker save while it reads them. The compressed bytes of a
// layer are the same on every machine.
//
// The function Open reads and verifies manifests. For a blob, Open checks
// only that the blob exists and has the right size. The caller that reads a
// blob must verify the digest of the blob. In a push, package registry
// verifies the digest of each blob. Package source does not change a source
// and treats every source as untrusted. Package source limits the number,
// size and nesting of the manifests, and refuses paths that lead out of the
// source.
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

// Kind is the kind of a source. The value of a Kind is the transport prefix
// without the colon, for example "oci".
type Kind string

// These constants are the kinds of sources.
const (
	OCILayout     Kind = "oci"            // a directory
	OCIArchive    Kind = "oci-archive"    // a tar of an OCI layout
	DockerArchive Kind = "docker-archive" // a tar of docker save
	Registry      Kind = "docker"         // docker://reference
	DockerEngine  Kind = "docker-daemon"  // an image in a Docker engine

	ContainersStorage Kind = "containers-storage" // an image in the storage of podman and buildah
)

// Remote reads from a registry. Package registry implements Remote. The
// function Open returns the errors of Remote unchanged.
type Remote interface {
	// Manifest returns the unchanged bytes of the manifest or index with the reference
	// "ref". Manifest reads at most image.MaxManifestSize bytes.
	Manifest(ctx context.Context, ref name.Reference) (v1.Descriptor, []byte, error)
	// Blob opens a blob of the repository. The caller must close the reader.
	Blob(ctx context.Context, repo name.Repository, desc v1.Descriptor) (io.ReadCloser, error)
}

// Options configures Open.
type Options struct {
	// Remote reads images whose source starts with docker://. If Remote is
	// nil, Open refuses such a source.
	Remote Remote
	// Exporters are the available image stores. If the name of the
	// source is not a path, Open also asks the Docker engine for the image.
	Exporters map[Kind]Exporter
	// If SkipPlatform is true, Open does not read the platform of a single
	// image in a registry. The platform of an image is in its config, and
	// each config that Open reads costs one request.
	SkipPlatform bool
	// If RootOnly is true, Open reads only the root of an index in a registry. The
	// children of the index then have descriptors and platforms, but no bytes and no
	// blobs.
	RootOnly bool
	// If Sparse is true, Open accepts a layout that lacks blobs, and sets the
	// field Absent of each missing blob. The caller must find each missing
	// blob in a registry.
	Sparse bool
	// Stdin is the standard input, which Open reads for the source "-". If
	// Stdin is nil, Open refuses the source "-".
	Stdin io.Reader
	// Temp is the folder for the temporary copy of a source that can be read
	// only once. If Temp is empty, Open uses the folder for temporary files
	// of the operating system.
	Temp string
}

// Source is an open source. The caller can read the blobs of a Source until
// it calls Close.
type Source struct {
	// Name is the name of the source as the user wrote it.
	Name string
	// Kind is the detected kind. Kind is DockerArchive for every tar of
	// docker save, even if Open used the OCI layout in the tar.
	Kind Kind
	// Root is the image or index to publish.
	Root *image.Manifest
	// Names are the names and tags of all images in the source, in the order
	// of the source. Names also contains the names of the images that Open
	// did not pick.
	Names []string
	// HasPlainLayers is true if the tree has uncompressed layers of Docker's
	// classic image store. The caller compresses these layers before it
	// publishes the image.
	HasPlainLayers bool
	// Notices are messages for the user, for example that only one platform
	// is published.
	Notices []diag.Notice
	// Attached are manifests that refer to images of the tree. The caller
	// publishes the attached manifests together with the tree.
	Attached []Attached

	files   files
	sparse  bool
	origins func(context.Context, func(name.Repository) bool) ([]image.Origin, error)
}

// Attached is a manifest that refers to an image of the tree.
type Attached struct {
	Root    *image.Manifest
	Subject v1.Hash       // the image that Root refers to
	Entry   v1.Descriptor // the descriptor of this manifest in the list of referrers of Subject
}

// Close releases the files of the source.
func (s *Source) Close() error {
	if s.files == nil {
		return nil
	}
	return s.files.Close()
}

// Open opens the source with the given name. The argument "text" can be a path, or "-"
// for an archive from standard input. After a path, "#" and a name, a tag or a digest
// select one image in the source. A path can also be a named pipe.
//
// A path or a reference can follow a transport prefix (oci:, oci-archive:,
// docker-archive:, docker://). The name or ID of an image in a store can follow the
// prefix docker-daemon: or containers-storage:.
//
// Without a prefix, Open detects the kind from the content of the path and not
// from its extension. If the path does not exist, Open looks for an image with
// this name in the Docker engine.
//
// An error of Open is a *diag.Error with Side diag.Source and a code of this
// package. Open returns the errors of Remote, of an Exporter and of the
// context unchanged.
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

// mount opens the directory or the archive, and sets s.files, which reads a
// file by its name.
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
