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

// HasBlob reports whether the repository has the blob. If the read is refused, HasBlob
// returns false. After a refused read, only an upload can show whether the blob exists
// (docs/ghcr.md, Push probe). If the registry redirects the request to a storage host
// that refuses the method HEAD, HasBlob returns true. Registries redirect only requests
// for existing blobs.
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
		return false, nil // The caller then uploads the blob. An upload of an existing blob only costs time.
	}
	return resp != nil, IgnoreAbsent(err)
}

// refusedByStorage reports whether the registry redirected a HEAD request to
// another host, and that host refused the request. The signature of a storage
// URL is often valid only for GET.
func refusedByStorage(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.From != "" &&
		slices.Contains([]int{http.StatusBadRequest, http.StatusForbidden, http.StatusMethodNotAllowed, http.StatusNotImplemented}, e.Status)
}

// Blob reads a blob. The returned reader verifies the digest and the size of the
// content, and it resumes a truncated download. If the content differs from the
// descriptor, the last call of Read returns an error instead of io.EOF. If the
// connection is slow, the reader downloads a large blob over several connections.
func (c *Client) Blob(ctx context.Context, repo name.Repository, desc v1.Descriptor) (io.ReadCloser, error) {
	body, err := c.openSplit(ctx, repo, desc)
	if err != nil {
		return nil, err
	}
	return Verify(body, desc), nil
}

// ProbeBlob checks whether a blob can be downloaded. ProbeBlob sends a HEAD
// request and follows redirects. Only the registry's host receives credentials,
// as in a pull.
func (c *Client) ProbeBlob(ctx context.Context, repo name.Repository, desc v1.Descriptor) error {
	resp, err := c.do(ctx, c.blobCall(http.MethodHead, repo, desc))
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.ContentLength >= 0 && resp.ContentLength != desc.Size {
		return fmt.Errorf("HEAD blob %s: the registry reports %d bytes, but the manifest states %d bytes", desc.Digest, resp.ContentLength, desc.Size)
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

// blobExists lists the HTTP statuses that mean that a blob exists.
var blobExists = []int{http.StatusOK, http.StatusPartialContent}

// answerSize returns the expected size of the response's body. The client
// selects the connection for the request by this size.
func answerSize(method string, desc v1.Descriptor) int64 {
	if method == http.MethodGet {
		return desc.Size
	}
	return 0
}
