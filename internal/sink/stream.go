package sink

import (
	"context"
	"fmt"
	"io"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
)

// Stream is the path in a destination that means standard output.
const Stream = "-"

// stream is an archive that the package writes to a pipe. The caller must put
// the blobs in order, because a pipe has no offsets.
type stream struct {
	out  io.Writer
	plan *plan
	at   int64
}

func openStream(t Target, img Image, blobs []*image.Blob) (store, error) {
	docs, err := documents(t, img)
	if err != nil {
		return nil, err
	}
	p, err := newPlan(docs, blobs)
	if err != nil {
		return nil, err
	}
	return &stream{out: img.Stream, plan: p}, nil
}

// advance writes all headers, documents and padding up to an offset.
func (s *stream) advance(to int64) error {
	for len(s.plan.pieces) > 0 && s.plan.pieces[0].at < to {
		next := s.plan.pieces[0]
		s.plan.pieces = s.plan.pieces[1:]
		if err := s.pad(next.at); err != nil {
			return err
		}
		n, err := s.out.Write(next.bytes)
		s.at += int64(n)
		if err != nil {
			return err
		}
	}
	return s.pad(to)
}

func (s *stream) pad(to int64) error {
	n, err := io.CopyN(s.out, zeros{}, to-s.at)
	s.at += n
	return err
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func (s *stream) put(desc v1.Descriptor, r io.Reader) error {
	offset := s.plan.offsets[desc.Digest]
	if offset < s.at {
		return fmt.Errorf("writing the archive: the blob %s is not the next blob of the archive", desc.Digest)
	}
	if err := s.advance(offset); err != nil {
		return writeError(err, Stream)
	}
	n, err := copyAll(s.out, r)
	s.at += n
	return writeError(err, Stream)
}

func (s *stream) commit(context.Context) error { return writeError(s.advance(s.plan.size), Stream) }

func (*stream) read(v1.Descriptor) (io.ReadCloser, error) { return nil, nil }
func (*stream) close() error                              { return nil }
func (*stream) path() string                              { return "" }
