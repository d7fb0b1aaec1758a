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

// store holds blob bytes by digest, in memory or below a directory. Which
// package holds which blob is the world's knowledge.
type store struct {
	dir   string
	mu    sync.RWMutex
	blobs map[string]stored
}

// stored is one blob; data is nil where it lies on disk.
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

// file is where a blob lies on disk.
func (s *store) file(digest string) string {
	return filepath.Join(s.dir, "blobs", "sha256", digest[len("sha256:"):])
}

// open starts one reading of a blob.
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

// memory is a reader that has nothing to close.
type memory struct{ *bytes.Reader }

func (memory) Close() error { return nil }

// sink takes one blob as it arrives, hashing on the way.
type sink struct {
	store *store
	hash  hash.Hash
	size  int64
	file  *os.File // nil in memory
	data  []byte
}

// create opens a sink. It must be committed or discarded.
func (s *store) create() (*sink, error) {
	k := &sink{store: s, hash: sha256.New(), data: []byte{}}
	if s.dir == "" {
		return k, nil
	}
	for _, part := range []string{"uploads", filepath.Join("blobs", "sha256")} {
		if err := os.MkdirAll(filepath.Join(s.dir, part), 0o755); err != nil {
			return nil, fmt.Errorf("making room for blobs: %w", err)
		}
	}
	f, err := os.CreateTemp(filepath.Join(s.dir, "uploads"), "upload-*")
	if err != nil {
		return nil, fmt.Errorf("making room for an upload: %w", err)
	}
	k.file, k.data = f, nil
	return k, nil
}

// maxExpect is how much memory is set aside on a client's word, in bytes.
const maxExpect = 64 << 20

// expect makes room for n more bytes, as announced; -1 is unknown.
func (k *sink) expect(n int64) {
	if k.file == nil && n > 0 {
		k.data = slices.Grow(k.data, int(min(n, maxExpect)))
	}
}

// Write implements io.Writer.
func (k *sink) Write(p []byte) (int, error) {
	k.hash.Write(p) // never fails (hash.Hash)
	k.size += int64(len(p))
	if k.file != nil {
		return k.file.Write(p)
	}
	k.data = append(k.data, p...)
	return len(p), nil
}

// digest is that of the bytes so far.
func (k *sink) digest() string { return "sha256:" + hex.EncodeToString(k.hash.Sum(nil)) }

// commit keeps the blob under its digest.
func (k *sink) commit() error {
	digest := k.digest()
	if k.file != nil {
		if err := errors.Join(k.file.Close(), os.Rename(k.file.Name(), k.store.file(digest))); err != nil {
			return fmt.Errorf("keeping blob %q: %w", digest, err)
		}
	}
	k.store.mu.Lock()
	defer k.store.mu.Unlock()
	k.store.blobs[digest] = stored{size: k.size, data: k.data}
	k.file, k.data = nil, nil
	return nil
}

// discard forgets bytes that were not committed. What cannot be removed stays in the directory's
// uploads folder, where nothing reads it.
func (k *sink) discard() {
	if k.file != nil {
		_ = k.file.Close()
		_ = os.Remove(k.file.Name())
	}
	k.file, k.data = nil, nil
}
