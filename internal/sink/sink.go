// Package sink writes an image to an OCI layout (image-spec, "Image Layout"),
// to a tar archive, or to a Docker engine. A tar archive has the format of an
// OCI layout or of docker save. A layout can already contain other images.
//
// An incomplete file never has its final name. The package writes each blob of
// a layout, and each archive, to a file with a temporary name. The package
// renames the file when the content is complete. The package writes all files
// of one image below one directory (os.Root), and refuses symbolic links in
// this directory. The package always writes the same bytes for the same image.
//
// The package downloads nothing. Package pull provides the verified bytes.
package sink

import (
	"context"
	"fmt"
	"io"
	"sync"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/docker"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
)

// Image is the image that a [Sink] writes.
type Image struct {
	// Root is the image or index to write. The digests of all its manifests and
	// blobs are known.
	Root *image.Manifest
	// Reference is the reference that the user pulled. If the target contains
	// no name, Reference is the name of the image in the destination.
	Reference name.Reference
	// Stream receives the archive if the path of the target is "-".
	Stream io.Writer
	// Engine is the Docker engine for the kind DockerEngine. Index is the
	// digest of the index from which Root was chosen. Some engines store the
	// image under the digest of the index.
	Engine *docker.Daemon
	Index  v1.Hash
}

// Sink stores the blobs of one image. Callers can put blobs concurrently and in
// any order, unless Ordered returns true. Commit makes the image visible.
type Sink struct {
	store store
	blobs []*image.Blob

	mu     sync.Mutex
	stored map[v1.Hash]bool
}

// store writes to one kind of destination.
type store interface {
	// read opens a blob in the destination. If the destination does not have the blob,
	// the method "read" returns nil.
	read(desc v1.Descriptor) (io.ReadCloser, error)
	// put stores all bytes of the reader as the blob.
	put(desc v1.Descriptor, r io.Reader) error
	// commit writes the manifests and makes the image visible.
	commit(ctx context.Context) error
	// close closes the files, and removes the temporary files.
	close() error
	// path returns the absolute path of the image.
	path() string
}

// Open prepares the target for an image and returns a sink. Errors are
// *diag.Error with one of the codes of this package. The caller must close the
// sink.
func Open(ctx context.Context, t Target, img Image) (*Sink, error) {
	blobs, err := Blobs(img.Root)
	if err != nil {
		return nil, err
	}
	s := &Sink{blobs: blobs, stored: map[v1.Hash]bool{}}
	switch t.Kind {
	case OCILayout:
		s.store, err = openLayout(ctx, t, img)
	case OCIArchive, DockerArchive:
		if t.Path == Stream {
			s.store, err = openStream(t, img, blobs)
		} else {
			s.store, err = openArchive(t, img, blobs)
		}
	case DockerEngine:
		s.store, err = openDocker(ctx, t, img, blobs)
	default:
		s.store = discard{}
	}
	if err != nil {
		return nil, err
	}
	return s, nil
}

// Blobs returns the blobs of an image or index, including foreign layers. The
// result contains each digest only once.
func Blobs(root *image.Manifest) ([]*image.Blob, error) {
	var out []*image.Blob
	byDigest := map[v1.Hash]*image.Blob{}
	for _, m := range image.Manifests(root) {
		for _, b := range m.Blobs {
			first := byDigest[b.Descriptor.Digest]
			if first == nil {
				byDigest[b.Descriptor.Digest] = b
				out = append(out, b)
				continue
			}
			if first.Descriptor.Size != b.Descriptor.Size {
				return nil, newError(CodeNotSupported, "The image cannot be pulled completely. Ask the publisher of the image to correct the manifest.", nil,
					"the image declares two sizes for the blob %s: %d and %d bytes", b.Descriptor.Digest, first.Descriptor.Size, b.Descriptor.Size)
			}
		}
	}
	return out, nil
}

// Has reports whether the destination has the complete blob. To find out, Has reads and
// verifies all bytes of the blob. Has does not read the blobs of a Docker engine, because
// the engine verified them during the load.
func (s *Sink) Has(ctx context.Context, desc v1.Descriptor) (bool, error) {
	if d, ok := s.store.(*engineArchive); ok && d.has[desc.Digest] {
		s.markStored(desc.Digest)
		return true, nil
	}
	r, err := s.store.read(desc)
	if r == nil || err != nil {
		return false, err
	}
	defer r.Close()
	ok, err := verify(ctx, r, desc, io.Discard)
	if ok {
		s.markStored(desc.Digest)
	}
	return ok, err
}

// Put stores a blob. Put does not check the digest, so the reader must return
// an error if the bytes do not match the descriptor. The readers of the Go package
// "registry" return such an error.
func (s *Sink) Put(ctx context.Context, desc v1.Descriptor, r io.Reader) error {
	if err := s.store.put(desc, &interruptible{ctx, r}); err != nil {
		return err
	}
	s.markStored(desc.Digest)
	return nil
}

func (s *Sink) markStored(digest v1.Hash) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stored[digest] = true
}

// Commit makes the image visible. Commit returns an error if the destination
// does not have all blobs.
func (s *Sink) Commit(ctx context.Context) error {
	for _, b := range s.blobs {
		if !s.stored[b.Descriptor.Digest] {
			return fmt.Errorf("completing %q: the blob %s was not written", s.Path(), b.Descriptor.Digest)
		}
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return s.store.commit(ctx)
}

// Ordered reports whether the caller must put the blobs one after the other in
// the order of [Blobs].
func (s *Sink) Ordered() bool {
	switch s.store.(type) {
	case *stream, *engineArchive:
		return true
	}
	return false
}

// Close closes the files. If Commit has not succeeded, Close removes all
// written files except the complete blobs of a layout. The next pull can use
// the complete blobs.
func (s *Sink) Close() error { return s.store.close() }

// Path returns the absolute path of the image. The path is empty for a stream,
// a Docker engine and the kind Discard.
func (s *Sink) Path() string { return s.store.path() }

// EngineImage returns the image that the Docker engine has after Commit.
// EngineImage returns nil for any other destination.
func (s *Sink) EngineImage() *EngineImage {
	if d, ok := s.store.(*engineArchive); ok {
		return &d.result
	}
	return nil
}

// discard accepts every blob and stores nothing. If the input "verify-only" is set, the
// pull uses discard as its destination.
type discard struct{}

func (discard) read(v1.Descriptor) (io.ReadCloser, error) { return nil, nil }
func (discard) commit(context.Context) error              { return nil }
func (discard) close() error                              { return nil }
func (discard) path() string                              { return "" }

func (discard) put(_ v1.Descriptor, r io.Reader) error {
	_, err := copyAll(io.Discard, r)
	return err
}
