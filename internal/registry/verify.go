package registry

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// WrongContent is the error for content that differs from its descriptor.
type WrongContent struct {
	Want      v1.Descriptor
	GotDigest string // GotDigest is empty if the size differs.
	GotSize   int64  // GotSize is the number of bytes that the reader has read. The reader does not read the rest of content that is too large.
}

// Error returns the expected and the actual size, or the expected and the actual
// digest.
func (e *WrongContent) Error() string {
	if e.GotDigest == "" {
		return fmt.Sprintf("blob %s has %d bytes, but its manifest states %d bytes", e.Want.Digest, e.GotSize, e.Want.Size)
	}
	return fmt.Sprintf("blob %s has wrong content, because the received bytes have the digest %s", e.Want.Digest, e.GotDigest)
}

// Verify returns a reader that verifies the content of r. If the content differs
// from the descriptor, the reader returns a *WrongContent instead of io.EOF, and
// does not return the last bytes. A request with such a body never completes, so
// the registry never receives all bytes of a wrong blob.
func Verify(r io.ReadCloser, want v1.Descriptor) io.ReadCloser {
	return &verifier{r: r, want: want, hash: sha256.New()}
}

type verifier struct {
	r    io.ReadCloser
	want v1.Descriptor
	hash hash.Hash
	n    int64
}

func (v *verifier) Read(p []byte) (int, error) {
	n, err := v.r.Read(p)
	v.hash.Write(p[:n])
	v.n += int64(n)
	if v.n == v.want.Size && n > 0 && err == nil {
		err = v.end()
	}
	if v.n > v.want.Size || (errors.Is(err, io.EOF) && v.n < v.want.Size) {
		return 0, &WrongContent{Want: v.want, GotSize: v.n}
	}
	// Compare the digest after the last byte, and not at the EOF, because the
	// transport can stop reading after the announced number of bytes.
	if v.n == v.want.Size && (n > 0 || errors.Is(err, io.EOF)) {
		if got := hex.EncodeToString(v.hash.Sum(nil)); got != v.want.Digest.Hex {
			return 0, &WrongContent{Want: v.want, GotDigest: "sha256:" + got, GotSize: v.n}
		}
	}
	return n, err
}

// end checks that the content ends at the expected size. The method "end" reads one more
// byte before Read returns the last bytes, because the transport reads only the announced
// number of bytes.
func (v *verifier) end() error {
	n, err := io.ReadFull(v.r, make([]byte, 1))
	v.n += int64(n)
	return err
}

func (v *verifier) Close() error { return v.r.Close() }
