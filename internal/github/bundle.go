package github

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/klauspost/compress/snappy"

	"github.com/ghcr-publish/ghcr-publish/internal/safe/bounded"
)

// maxBundle is the maximum size of a bundle, compressed and decompressed, in bytes.
const maxBundle = 24 << 20

// bundle returns the bundle of a stored attestation.
func (c *Client) bundle(ctx context.Context, a storedAttestation) ([]byte, error) {
	if len(a.Bundle) > 0 && !bytes.Equal(a.Bundle, []byte("null")) {
		return a.Bundle, nil
	}
	var packed []byte
	err := c.retry(ctx, waitAfter, func() error {
		return c.withTimeout(ctx, func(ctx context.Context) (err error) {
			packed, err = c.download(ctx, a.BundleURL)
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	size, err := snappy.DecodedLen(packed)
	if err != nil || size > maxBundle {
		return nil, fmt.Errorf("the bundle at the URL is damaged, or has more than %d bytes", maxBundle)
	}
	return snappy.Decode(nil, packed)
}

// download reads a file of a storage without credentials, because the storage is another
// host. The URL has the scheme https, unless the API itself has the scheme http.
func (c *Client) download(ctx context.Context, address string) ([]byte, error) {
	where, err := url.Parse(address)
	if err != nil || where.Host == "" || where.Scheme != "https" && where.Scheme != c.gh.BaseURL.Scheme {
		return nil, errors.New("the API returns neither a bundle nor a URL with https")
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	resp, err := c.Storage.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the storage %s answers %s", where.Host, resp.Status)
	}
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxBundle+1))
	if err == nil && len(data) > maxBundle {
		err = &bounded.TooLongError{Limit: maxBundle}
	}
	return data, err
}
