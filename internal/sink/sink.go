// Package sink writes an image to where it was asked for: an OCI layout, which
// may hold others already, a tar of one, a tar as docker save writes it
// (image-spec, "Image Layout"), or a Docker engine.
//
// Nothing half written has a final name: blobs of a layout and whole archives
// grow under a name of their own and are renamed once they are complete. All
// writing stays below one directory (os.Root), and links in it are refused.
// The same image gives the same bytes everywhere.
//
// It does not fetch: package pull brings the bytes, checked.
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

// Image is what is to be written.
type Image struct {
	// Root is the image or index; its tree is complete, with nothing pending.
	Root *image.Manifest
	// Reference is what it was asked for by: it names the image in the sink
	// unless the target gives a name.
	Reference name.Reference
	// Stream is where an archive with the path "-" goes.
	Stream io.Writer
	// Engine is what DockerEngine means; Index the digest of the index that
	// Root was chosen from, by which an engine may know it.
	Engine *docker.Daemon
	Index  v1.Hash
}

// Sink takes the blobs of one image, in any order and from many goroutines
// unless it is ordered, and is made visible by Commit.
type Sink struct {
	store store
	blobs []*image.Blob

	mu   sync.Mutex
	held map[v1.Hash]bool
}

// store is one kind of place.
type store interface {
	// read opens a blob that is there already; nil if it is not.
	read(desc v1.Descriptor) (io.ReadCloser, error)
	// put keeps all of r as the blob.
	put(desc v1.Descriptor, r io.Reader) error
	// commit writes the manifests and makes the image visible.
	commit(ctx context.Context) error
	// close frees files, and takes away what was not committed.
	close() error
	// path is where the image is, absolute.
	path() string
}

// Open prepares the target. Errors are *diag.Error with one of the codes of
// this package. The sink has to be closed.
func Open(ctx context.Context, t Target, img Image) (*Sink, error) {
	blobs, err := Blobs(img.Root)
	if err != nil {
		return nil, err
	}
	s := &Sink{blobs: blobs, held: map[v1.Hash]bool{}}
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
		s.store = nowhere{}
	}
	if err != nil {
		return nil, err
	}
	return s, nil
}

// Blobs lists what an image needs, each digest once, foreign layers included.
func Blobs(root *image.Manifest) ([]*image.Blob, error) {
	var out []*image.Blob
	met := map[v1.Hash]*image.Blob{}
	for _, m := range image.Manifests(root) {
		for _, b := range m.Blobs {
			first := met[b.Descriptor.Digest]
			if first == nil {
				met[b.Descriptor.Digest] = b
				out = append(out, b)
				continue
			}
			if first.Descriptor.Size != b.Descriptor.Size {
				return nil, problem(CodeImage, "Ask whoever published it: no such image can be pulled whole.", nil,
					"the image says of the blob %s that it has %d bytes, and %d", b.Descriptor.Digest, first.Descriptor.Size, b.Descriptor.Size)
			}
		}
	}
	return out, nil
}

// Has reports whether the blob is there already, by reading all of it, or on
// the word of an engine that checked it when it came.
func (s *Sink) Has(ctx context.Context, desc v1.Descriptor) (bool, error) {
	if d, ok := s.store.(*engineArchive); ok && d.has[desc.Digest] {
		s.hold(desc.Digest)
		return true, nil
	}
	r, err := s.store.read(desc)
	if r == nil || err != nil {
		return false, err
	}
	defer r.Close()
	right, err := proven(ctx, r, desc, io.Discard)
	if right {
		s.hold(desc.Digest)
	}
	return right, err
}

// Put keeps a blob. The reader must end with an error unless it gave exactly
// the described bytes, as those of package registry do.
func (s *Sink) Put(ctx context.Context, desc v1.Descriptor, r io.Reader) error {
	if err := s.store.put(desc, &interruptible{ctx, r}); err != nil {
		return err
	}
	s.hold(desc.Digest)
	return nil
}

func (s *Sink) hold(digest v1.Hash) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held[digest] = true
}

// Commit makes the image visible. Every blob must be there.
func (s *Sink) Commit(ctx context.Context) error {
	for _, b := range s.blobs {
		if !s.held[b.Descriptor.Digest] {
			return fmt.Errorf("completing %q: the blob %s was not written", s.Path(), b.Descriptor.Digest)
		}
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return s.store.commit(ctx)
}

// Ordered says that blobs have to come one by one, as Blobs lists them.
func (s *Sink) Ordered() bool {
	switch s.store.(type) {
	case *stream, *engineArchive:
		return true
	}
	return false
}

// Close frees files. Without a Commit before, blobs that a layout has whole
// stay for the next pull, and all else is taken away.
func (s *Sink) Close() error { return s.store.close() }

// Path is where the image is, as an absolute path; empty for a stream, an
// engine and nowhere.
func (s *Sink) Path() string { return s.store.path() }

// Placed is what an engine says of the image after Commit; nil for any other
// sink.
func (s *Sink) Placed() *Placed {
	if d, ok := s.store.(*engineArchive); ok {
		return &d.placed
	}
	return nil
}

// nowhere takes everything and keeps nothing: for proving that an image can
// be pulled whole.
type nowhere struct{}

func (nowhere) read(v1.Descriptor) (io.ReadCloser, error) { return nil, nil }
func (nowhere) commit(context.Context) error              { return nil }
func (nowhere) close() error                              { return nil }
func (nowhere) path() string                              { return "" }

func (nowhere) put(_ v1.Descriptor, r io.Reader) error {
	_, err := copyAll(io.Discard, r)
	return err
}
