package registry

import (
	"errors"
	"fmt"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
)

// UploadLimit is the time that ghcr.io allows for one upload (docs/ghcr.md, Blob
// upload). After this time, ghcr.io closes the connection without a response
// (docs/ghcr.md, Refused: upload time).
const UploadLimit = 10 * time.Minute

// TruncatedUpload is the error of an upload that the registry ended at
// UploadLimit. Another attempt would fail in the same way.
type TruncatedUpload struct {
	Digest v1.Hash // Digest is the digest of the blob. If the digest is unknown, Digest is the diff id of the layer.
	Size   int64   // Size is the size of the blob in bytes. If the size of the blob is unknown, Size is the size of the layer in its source.
	Took   time.Duration
	Err    error
}

// Error returns the blob, the size of the blob, the time of the upload and the
// cause.
func (e *TruncatedUpload) Error() string {
	return fmt.Sprintf("uploading %s (%d bytes): the connection ended after %s: %s", e.Digest, e.Size, e.Took.Round(time.Second), e.Err)
}

// Unwrap returns the error of the network.
func (e *TruncatedUpload) Unwrap() error { return e.Err }

// truncated returns a *TruncatedUpload if the connection ended at UploadLimit. In all
// other cases, truncated returns nil. For example, truncated returns nil if the registry
// sent a response, or if the source of the upload failed. A web page of a front end is
// not a response of the registry (docs/ghcr.md, Refusals).
func (u *upload) truncated(err error) error {
	var answer *Error
	var source *bodyError
	took := u.client.now().Sub(u.started)
	if u.started.IsZero() || took < UploadLimit-UploadLimit/20 || errors.As(err, &source) || (errors.As(err, &answer) && !answer.IsPage()) {
		return nil
	}
	digest, size := knownDigest(u.blob)
	return &TruncatedUpload{Digest: digest, Size: size, Took: took, Err: err}
}

// knownDigest returns the digest and the size of a blob. If the digest is
// unknown, knownDigest returns the diff id of the layer, and the size of the
// layer in its source.
func knownDigest(b *image.Blob) (v1.Hash, int64) {
	if b.Pending() {
		return b.DiffID, b.PlainSize
	}
	return b.Descriptor.Digest, b.Descriptor.Size
}

// TruncatedDownload is the error of a download that ended early in all attempts.
type TruncatedDownload struct {
	Host           string
	Digest         v1.Hash
	Received, Size int64 // bytes
	Err            error // Err is the error of the network.
}

// Error returns the blob, the host, the number of received bytes and the cause.
func (e *TruncatedDownload) Error() string {
	return fmt.Sprintf("downloading %s from %s: the connection ended after %d of %d bytes: %s", e.Digest, e.Host, e.Received, e.Size, e.Err)
}

// Unwrap returns the error of the network.
func (e *TruncatedDownload) Unwrap() error { return e.Err }
