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

// WrongContent says that bytes are not what their descriptor promised.
type WrongContent struct {
	Want      v1.Descriptor
	GotDigest string // empty where the size alone told
	GotSize   int64  // bytes seen; more than Want.Size means "at least"
}

// Error names both sides.
func (e *WrongContent) Error() string {
	if e.GotDigest == "" {
		return fmt.Sprintf("blob %s has %d bytes, not the %d its manifest says", e.Want.Digest, e.GotSize, e.Want.Size)
	}
	return fmt.Sprintf("blob %s holds other bytes: they hash to %s", e.Want.Digest, e.GotDigest)
}

// Verify wraps a reader so that it returns a *WrongContent instead of io.EOF
// unless exactly the described bytes passed. The piece that completes them is
// withheld if they are wrong, so that a request whose body this is never
// completes, and a registry never sees all of a wrong blob.
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
	// Compared with the last byte, not with the EOF after it: the transport
	// may stop reading once it has as many bytes as it announced.
	if v.n == v.want.Size && (n > 0 || errors.Is(err, io.EOF)) {
		if got := hex.EncodeToString(v.hash.Sum(nil)); got != v.want.Digest.Hex {
			return 0, &WrongContent{Want: v.want, GotDigest: "sha256:" + got, GotSize: v.n}
		}
	}
	return n, err
}

// end looks for the end where it should be, before the last piece is let
// through: the transport asks for no more than it announced.
func (v *verifier) end() error {
	n, err := io.ReadFull(v.r, make([]byte, 1))
	v.n += int64(n)
	return err
}

func (v *verifier) Close() error { return v.r.Close() }
