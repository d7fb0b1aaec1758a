package registry

import (
	"errors"
	"fmt"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
)

// UploadLimit is how long ghcr.io lets one upload take (docs/ghcr.md, Blob
// upload). It ends the connection then, without a word (docs/ghcr.md, Refused:
// upload time).
const UploadLimit = 10 * time.Minute

// CutOff is an upload that broke off at the limit: sent again, it would again.
type CutOff struct {
	Digest v1.Hash // of the plain layer, where the blob's own is not known yet
	Size   int64   // bytes; of the plain layer likewise
	Took   time.Duration
	Err    error
}

// Error says what broke off, and when.
func (e *CutOff) Error() string {
	return fmt.Sprintf("the upload of %s (%d bytes) broke off after %s: %s", e.Digest, e.Size, e.Took.Round(time.Second), e.Err)
}

// Unwrap returns what the network said.
func (e *CutOff) Unwrap() error { return e.Err }

// cutOff tells a connection that ended at the limit from others that broke;
// nil for those. An answer of the registry is none, nor a fault of the source.
func (u *upload) cutOff(err error) error {
	var answer *Error
	var source *bodyError
	took := u.client.now().Sub(u.begun)
	if u.begun.IsZero() || took < UploadLimit-UploadLimit/20 || errors.As(err, &answer) || errors.As(err, &source) {
		return nil
	}
	digest, size := named(u.blob)
	return &CutOff{Digest: digest, Size: size, Took: took, Err: err}
}

func named(b *image.Blob) (v1.Hash, int64) {
	if b.Pending() {
		return b.DiffID, b.PlainSize
	}
	return b.Descriptor.Digest, b.Descriptor.Size
}
