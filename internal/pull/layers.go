package pull

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"sync"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/image/compress"
	"github.com/ghcr-publish/ghcr-publish/internal/image/rules"
)

// maxPlain is the maximum size of a decompressed layer, in bytes. The limit
// is necessary, because a layer can be a decompression bomb.
const maxPlain = 128 << 30

// CodeLayerDamaged means that the program cannot decompress a layer.
const CodeLayerDamaged = "layer-damaged"

// layerCheck decompresses each layer while the pull writes it, and compares
// the digests of the uncompressed layers with the diff ids in the configs.
// All methods accept a nil layerCheck, which checks nothing.
type layerCheck struct {
	layers map[v1.Hash]bool // the digests of the layers to decompress

	mu      sync.Mutex
	plain   map[v1.Hash]v1.Hash // maps the digest of a layer to the digest of its uncompressed bytes
	configs map[v1.Hash][]byte
	size    int64 // bytes in configs
	failed  error
}

func newLayerCheck(root *image.Manifest) *layerCheck {
	c := &layerCheck{layers: map[v1.Hash]bool{}, plain: map[v1.Hash]v1.Hash{}, configs: map[v1.Hash][]byte{}}
	for _, m := range image.Manifests(root) {
		for _, digest := range rules.Layers(m) {
			c.layers[digest] = true
		}
		if m.IsRunnable() {
			c.configs[m.Blobs[0].Descriptor.Digest] = m.Blobs[0].Content
		}
	}
	return c
}

// tee returns a reader that reads a blob from r. If the blob is a layer or a
// config, the reader also sends its bytes to the layerCheck. After the last
// read, the caller must call the function "end".
func (c *layerCheck) tee(b *image.Blob, r io.Reader) (tee io.Reader, end func()) {
	if c == nil {
		return r, func() {}
	}
	digest := b.Descriptor.Digest
	if c.layers[digest] {
		return c.decompress(digest, r)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	known, isConfig := c.configs[digest]
	if !isConfig || known != nil || c.size+b.Descriptor.Size > maxCached {
		return r, func() {}
	}
	c.size += b.Descriptor.Size
	var raw bytes.Buffer
	return io.TeeReader(r, &raw), func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.configs[digest] = raw.Bytes()
	}
}

// decompress returns a reader that sends a copy of its bytes to a
// decompressor.
func (c *layerCheck) decompress(digest v1.Hash, r io.Reader) (tee io.Reader, end func()) {
	from, to := io.Pipe()
	done := make(chan struct{})
	complete := false // One goroutine writes the variable "complete" before it closes the pipe, and the other goroutine reads the variable after the end of the pipe.
	go func() {
		defer close(done)
		sum, err := plainDigest(from)
		_, _ = io.Copy(io.Discard, from) // The error is always nil, because the writer closes the pipe without an error.
		if complete {
			c.record(digest, sum, err)
		}
	}()
	tee = &teeReader{r, to, func() { complete = true }}
	return tee, func() {
		_ = to.Close() // The method Close of a pipe never returns an error.
		<-done
	}
}

// teeReader writes a copy of all bytes that it reads to a pipe. At the end of
// the bytes, teeReader calls the function "complete".
type teeReader struct {
	io.Reader
	to       io.Writer
	complete func()
}

func (t *teeReader) Read(p []byte) (int, error) {
	n, err := t.Reader.Read(p)
	if n > 0 {
		_, _ = t.to.Write(p[:n]) // Write never fails, because the reader of the pipe reads all bytes.
	}
	if errors.Is(err, io.EOF) {
		t.complete()
	}
	return n, err
}

// plainDigest returns the digest of the uncompressed bytes of a layer.
func plainDigest(r io.Reader) (v1.Hash, error) {
	in, err := compress.Decompress(io.NopCloser(r), maxPlain)
	if err != nil {
		return v1.Hash{}, err
	}
	defer in.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, in); err != nil {
		return v1.Hash{}, err
	}
	return v1.Hash{Algorithm: "sha256", Hex: hex.EncodeToString(sum.Sum(nil))}, nil
}

// record stores the digest or the error of one layer.
func (c *layerCheck) record(digest, plain v1.Hash, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case err == nil:
		c.plain[digest] = plain
	case c.failed == nil:
		c.failed = diag.New(CodeLayerDamaged, diag.Registry, "Ask the publisher of the image to build the image again, because Docker and containerd also cannot decompress the layer.", err,
			"the layer %s cannot be decompressed", digest)
	}
}

// compare returns an error for each image whose uncompressed layers do not
// have the diff ids in its config.
func (c *layerCheck) compare(root *image.Manifest) error {
	if c == nil {
		return nil
	}
	errs := []error{c.failed}
	for _, m := range image.Manifests(root) {
		if m.IsRunnable() {
			errs = append(errs, rules.DiffIDs(m, c.configs[m.Blobs[0].Descriptor.Digest], c.plain))
		}
	}
	return errors.Join(errs...)
}
