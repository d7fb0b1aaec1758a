package registry

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// progressReader tells of the bytes read.
type progressReader struct {
	io.ReadCloser
	tell func(int64)
	n    int64
}

func (p *progressReader) Read(b []byte) (int, error) {
	n, err := p.ReadCloser.Read(b)
	p.n += int64(n)
	if n > 0 {
		p.tell(int64(n))
	}
	return n, err
}

// summer hashes and counts what passes.
type summer struct {
	io.ReadCloser
	hash hash.Hash
	n    int64
}

func newSummer(r io.ReadCloser) *summer { return &summer{ReadCloser: r, hash: sha256.New()} }

func (s *summer) Read(p []byte) (int, error) {
	n, err := s.ReadCloser.Read(p)
	s.hash.Write(p[:n])
	s.n += int64(n)
	return n, err
}

func (s *summer) sum() (v1.Hash, int64) {
	return v1.Hash{Algorithm: "sha256", Hex: hex.EncodeToString(s.hash.Sum(nil))}, s.n
}
