// Package sink writes an image to an OCI layout (image-spec, "Image Layout"), to a
// tar, or to a Docker engine. A tar has the format of an OCI layout or of
// docker save. A layout can contain other images.
//
// An incomplete file never has its final name. The package writes each blob of a
// layout, and each archive, to a file with a temporary name. It renames the file
// when the content is complete. All files are below one directory (os.Root). The
// package refuses symbolic links in this directory. It always writes the same bytes
// for the same image.
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

// Image is the image to write.
type Image struct {
	// Root is the image or index. No manifest or blob in its tree is pending.
	Root *image.Manifest
	// Reference is the reference that the user pulled. It names the image in
	// the destination unless the target contains a name.
	Reference name.Reference
	// Stream receives the archive if the path of the target is "-".
	Stream io.Writer
	// Engine is the engine for the kind DockerEngine. Index is the digest of
	// the index from which Root was chosen. An engine may store the image
	// under this digest.
	Engine *docker.Daemon
	Index  v1.Hash
}

// Sink stores the blobs of one image. Blobs can arrive in any order and
// concurrently, unless Ordered returns true. Commit makes the image visible.
type Sink struct {
	store store
	blobs []*image.Blob

	mu     sync.Mutex
	stored map[v1.Hash]bool
}

// store is a kind of destination.
type store interface {
	// read opens a blob in the destination. It returns nil if the destination
	// does not have the blob.
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

// Open prepares the target. Errors are *diag.Error with one of the codes of
// this package. The caller must close the sink.
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

// Blobs returns the blobs of an image, including foreign layers. Each digest
// appears once.
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
				return nil, newError(CodeNotSupported, "Ask the publisher of the image to correct its manifest. The image cannot be pulled completely.", nil,
					"the image declares two sizes for the blob %s: %d and %d bytes", b.Descriptor.Digest, first.Descriptor.Size, b.Descriptor.Size)
			}
		}
	}
	return out, nil
}

// Has reports whether the destination has the complete blob. It reads and verifies
// all bytes of the blob. It does not read a blob in an engine, because the engine
// verified the blob during the load.
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

// Put stores a blob. If the bytes differ from the descriptor, the reader must
// end with an error, as the readers of package registry do.
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

// Commit makes the image visible. The destination must have every blob.
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

// Ordered reports whether blobs must arrive one at a time, in the order of Blobs.
func (s *Sink) Ordered() bool {
	switch s.store.(type) {
	case *stream, *engineArchive:
		return true
	}
	return false
}

// Close closes the files. If Commit has not succeeded, Close removes everything
// except the complete blobs of a layout. The next pull can use these blobs.
func (s *Sink) Close() error { return s.store.close() }

// Path returns the absolute path of the image. It is empty for a stream, an
// engine and Discard.
func (s *Sink) Path() string { return s.store.path() }

// EngineImage returns the image in the engine after Commit, or nil for any other
// destination.
func (s *Sink) EngineImage() *EngineImage {
	if d, ok := s.store.(*engineArchive); ok {
		return &d.result
	}
	return nil
}

// discard accepts every blob and stores nothing. It is the destination of a pull
// with the input verify-only.
type discard struct{}

func (discard) read(v1.Descriptor) (io.ReadCloser, error) { return nil, nil }
func (discard) commit(context.Context) error              { return nil }
func (discard) close() error                              { return nil }
func (discard) path() string                              { return "" }

func (discard) put(_ v1.Descriptor, r io.Reader) error {
	_, err := copyAll(io.Discard, r)
	return err
}
