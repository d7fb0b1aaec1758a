package registry

import (
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// decompress replaces a compressed response body by its decompressed content. Some
// proxies compress a body without permission from the request. The callers limit the
// number of bytes that they read, because a small body can decompress to any size. The
// client never decompresses a blob, because the digest of a blob is the digest of the
// sent bytes.
func decompress(resp *http.Response) error {
	if !strings.EqualFold(resp.Header.Get("Content-Encoding"), "gzip") || resp.Request.Method == http.MethodHead {
		return nil
	}
	r, err := gzip.NewReader(resp.Body)
	if err != nil {
		return fmt.Errorf("decompressing the response: %w", noEOF(err))
	}
	resp.Header.Del("Content-Encoding")
	resp.ContentLength = -1
	resp.Body = &decompressed{Reader: r, Closer: resp.Body}
	return nil
}

// decompressed is a body that returns decompressed bytes. The method Close closes the
// compressed body.
type decompressed struct {
	io.Reader
	io.Closer
}
