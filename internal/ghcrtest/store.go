package ghcrtest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"
)

// store contains the bytes of blobs by digest, in memory or below a directory. The
// type state records which package has which blobs.
type store struct {
	dir   string
	mu    sync.RWMutex
	blobs map[string]stored
}

// stored contains one blob. If the blob is on disk, the field "data" is nil.
type stored struct {
	size int64
	data []byte
}

func newStore(dir string) *store {
	return &store{dir: dir, blobs: map[string]stored{}}
}

func (s *store) find(digest string) (stored, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	b, ok := s.blobs[digest]
	return b, ok
}

// file returns the path of a blob on disk.
func (s *store) file(digest string) string {
	return filepath.Join(s.dir, "blobs", "sha256", digest[len("sha256:"):])
}

// open opens a blob for reading.
func (s *store) open(digest string) (io.ReadSeekCloser, error) {
	b, ok := s.find(digest)
	switch {
	case !ok:
		return nil, fmt.Errorf("opening blob %q: %w", digest, os.ErrNotExist)
	case b.data != nil:
		return memory{bytes.NewReader(b.data)}, nil
	}
	return os.Open(s.file(digest))
}

// memory is a reader with a Close method that does nothing.
type memory struct{ *bytes.Reader }

func (memory) Close() error { return nil }

// blobWriter receives one blob and computes its digest.
type blobWriter struct {
	store *store
	hash  hash.Hash
	size  int64
	file  *os.File // The field "file" is nil if the blob is in memory.
	data  []byte
}

// create returns a writer for a blob. The caller must call commit or discard.
func (s *store) create() (*blobWriter, error) {
	k := &blobWriter{store: s, hash: sha256.New(), data: []byte{}}
	if s.dir == "" {
		return k, nil
	}
	for _, part := range []string{"uploads", filepath.Join("blobs", "sha256")} {
		if err := os.MkdirAll(filepath.Join(s.dir, part), 0o755); err != nil {
			return nil, fmt.Errorf("creating the directory %q: %w", part, err)
		}
	}
	f, err := os.CreateTemp(filepath.Join(s.dir, "uploads"), "upload-*")
	if err != nil {
		return nil, fmt.Errorf("creating an upload file: %w", err)
	}
	k.file, k.data = f, nil
	return k, nil
}

// maxReserve is the maximum number of bytes of memory that a writer reserves before
// it receives the bytes of a blob.
const maxReserve = 64 << 20

// reserve reserves memory for a blob whose request announced n bytes. If n is -1, the
// size is unknown.
func (k *blobWriter) reserve(n int64) {
	if k.file == nil && n > 0 {
		k.data = slices.Grow(k.data, int(min(n, maxReserve)))
	}
}

// Write implements io.Writer.
func (k *blobWriter) Write(p []byte) (int, error) {
	k.hash.Write(p) // never fails (hash.Hash)
	k.size += int64(len(p))
	if k.file != nil {
		return k.file.Write(p)
	}
	k.data = append(k.data, p...)
	return len(p), nil
}

// digest returns the digest of the bytes that were written.
func (k *blobWriter) digest() string { return "sha256:" + hex.EncodeToString(k.hash.Sum(nil)) }

// commit stores the blob under its digest. If the store already has a file of the blob,
// commit keeps this file, because Windows does not replace a file that a request reads.
func (k *blobWriter) commit() error {
	digest := k.digest()
	if _, ok := k.store.find(digest); ok {
		k.discard()
		return nil
	}
	if k.file != nil {
		if err := errors.Join(k.file.Close(), os.Rename(k.file.Name(), k.store.file(digest))); err != nil {
			return fmt.Errorf("storing blob %q: %w", digest, err)
		}
	}
	k.store.mu.Lock()
	defer k.store.mu.Unlock()
	k.store.blobs[digest] = stored{size: k.size, data: k.data}
	k.file, k.data = nil, nil
	return nil
}

// discard removes bytes that were not committed. A file that cannot be removed
// stays in the directory "uploads". The server never reads this directory.
func (k *blobWriter) discard() {
	if k.file != nil {
		_ = k.file.Close()
		_ = os.Remove(k.file.Name())
	}
	k.file, k.data = nil, nil
}
