package registry

import (
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// decompress replaces a body that a proxy compressed, although the request did not ask
// for it. The callers limit the bytes that they read, so a small body cannot become
// too large. A blob is not decompressed, because its digest is about the bytes that
// are sent.
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

// decompressed reads the decompressed body and closes the compressed body.
type decompressed struct {
	io.Reader
	io.Closer
}
