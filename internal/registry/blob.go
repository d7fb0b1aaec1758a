package registry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// HasBlob reports whether the repository has the blob. If the read is refused,
// HasBlob returns false. A refused read does not show whether the blob exists; only
// an upload shows this (docs/ghcr.md, Push probe). If the request is redirected to a
// storage that refuses the method HEAD, the redirect shows that the blob exists.
func (c *Client) HasBlob(ctx context.Context, repo name.Repository, digest v1.Hash) (bool, error) {
	resp, err := c.do(ctx, call{
		operation: "HEAD blob " + digest.String(), method: http.MethodHead,
		repo: repo, access: Pull, path: "blobs/" + digest.String(),
		statuses: blobExists, readContent: discardBody,
	})
	if refusedByStorage(err) {
		return true, nil
	}
	if errors.As(err, new(*LocationError)) {
		return false, nil // an upload of an existing blob is only slower
	}
	return resp != nil, IgnoreAbsent(err)
}

// refusedByStorage reports whether another host refused a HEAD that the registry
// redirected. The signature of a storage URL is often valid only for GET.
func refusedByStorage(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.From != "" &&
		slices.Contains([]int{http.StatusBadRequest, http.StatusForbidden, http.StatusMethodNotAllowed, http.StatusNotImplemented}, e.Status)
}

// Blob reads a blob. The reader verifies the digest and the size of the content
// and resumes a truncated download. If the content differs from the descriptor,
// the last Read returns an error instead of io.EOF. If one connection is slow, the
// reader downloads a large blob over several connections.
func (c *Client) Blob(ctx context.Context, repo name.Repository, desc v1.Descriptor) (io.ReadCloser, error) {
	body, err := c.openSplit(ctx, repo, desc)
	if err != nil {
		return nil, err
	}
	return Verify(body, desc), nil
}

// ProbeBlob checks whether a blob can be downloaded. It sends a HEAD and follows
// the redirects. As in a pull, only the registry's host receives credentials.
func (c *Client) ProbeBlob(ctx context.Context, repo name.Repository, desc v1.Descriptor) error {
	resp, err := c.do(ctx, c.blobCall(http.MethodHead, repo, desc))
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.ContentLength >= 0 && resp.ContentLength != desc.Size {
		return fmt.Errorf("HEAD blob %s: it has %d bytes, not %d", desc.Digest, resp.ContentLength, desc.Size)
	}
	return nil
}

func (c *Client) blobCall(method string, repo name.Repository, desc v1.Descriptor) call {
	return call{
		operation: method + " blob " + desc.Digest.String(), method: method,
		repo: repo, access: Pull, path: "blobs/" + desc.Digest.String(), size: answerSize(method, desc),
		statuses: blobExists,
	}
}

// blobExists lists the statuses that mean that a blob exists.
var blobExists = []int{http.StatusOK, http.StatusPartialContent}

// answerSize returns the expected size of the response's body. This size determines
// the connection that the request uses.
func answerSize(method string, desc v1.Descriptor) int64 {
	if method == http.MethodGet {
		return desc.Size
	}
	return 0
}
