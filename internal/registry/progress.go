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

// progressReader reports the number of bytes of each read.
type progressReader struct {
	io.ReadCloser
	report func(int64)
}

func (p *progressReader) Read(b []byte) (int, error) {
	n, err := p.ReadCloser.Read(b)
	if n > 0 {
		p.report(int64(n))
	}
	return n, err
}

// attemptProgress reports the number of sent bytes of one attempt to send a
// blob. After a call of withdraw, attemptProgress ignores further bytes, because
// the transport can still read the body of a failed request.
type attemptProgress struct {
	report func(int64)

	mu        sync.Mutex
	n         int64
	withdrawn bool
}

func (p *attemptProgress) add(n int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.withdrawn {
		p.n += n
		p.report(n)
	}
}

// withdraw subtracts the bytes of a failed attempt from the progress. To subtract bytes,
// withdraw reports a negative number of bytes.
func (p *attemptProgress) withdraw() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.withdrawn = true
	if p.n > 0 {
		p.report(-p.n)
	}
}

// hashingReader hashes and counts the bytes that a caller reads.
type hashingReader struct {
	io.ReadCloser

	mu       sync.Mutex // mu is necessary, because the transport can still read the body after an early response of the server.
	hash     hash.Hash
	n        int64
	complete bool
}

func newHashingReader(r io.ReadCloser) *hashingReader {
	return &hashingReader{ReadCloser: r, hash: sha256.New()}
}

func (h *hashingReader) Read(p []byte) (int, error) {
	n, err := h.ReadCloser.Read(p)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.hash.Write(p[:n])
	h.n += int64(n)
	h.complete = h.complete || err == io.EOF
	return n, err
}

func (h *hashingReader) sum() (v1.Hash, int64, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.complete {
		return v1.Hash{}, 0, errors.New("uploading a blob: the registry responded before it received the whole blob")
	}
	return v1.Hash{Algorithm: "sha256", Hex: hex.EncodeToString(h.hash.Sum(nil))}, h.n, nil
}
