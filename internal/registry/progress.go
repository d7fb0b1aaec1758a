package registry

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"sync"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// progressReader tells of the bytes read.
type progressReader struct {
	io.ReadCloser
	tell func(int64)
}

func (p *progressReader) Read(b []byte) (int, error) {
	n, err := p.ReadCloser.Read(b)
	if n > 0 {
		p.tell(int64(n))
	}
	return n, err
}

// told is what one reading of a blob has told of itself. Once that is taken
// back it tells no more: the transport may still be reading a body whose
// request has failed.
type told struct {
	tell func(int64)

	mu   sync.Mutex
	n    int64
	over bool
}

func (t *told) add(n int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.over {
		t.n += n
		t.tell(n)
	}
}

func (t *told) takeBack() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.over = true
	if t.n > 0 {
		t.tell(-t.n)
	}
}

// summer hashes and counts what passes, up to its end.
type summer struct {
	io.ReadCloser

	mu    sync.Mutex // a server that answers early makes reading and asking overlap
	hash  hash.Hash
	n     int64
	ended bool
}

func newSummer(r io.ReadCloser) *summer { return &summer{ReadCloser: r, hash: sha256.New()} }

func (s *summer) Read(p []byte) (int, error) {
	n, err := s.ReadCloser.Read(p)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hash.Write(p[:n])
	s.n += int64(n)
	s.ended = s.ended || err == io.EOF
	return n, err
}

func (s *summer) sum() (v1.Hash, int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.ended {
		return v1.Hash{}, 0, errors.New("uploading a blob: the registry answered before it had all of it")
	}
	return v1.Hash{Algorithm: "sha256", Hex: hex.EncodeToString(s.hash.Sum(nil))}, s.n, nil
}
