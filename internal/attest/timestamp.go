package attest

import (
	"bytes"
	"context"
	"crypto"
	"fmt"
	"net/http"

	"github.com/digitorus/timestamp"
)

// requestTimestamp requests a timestamp over a signature (RFC 3161).
func (c *caller) requestTimestamp(ctx context.Context, authority string, signature []byte) ([]byte, error) {
	query, err := timestamp.CreateRequest(bytes.NewReader(signature), &timestamp.RequestOptions{Hash: crypto.SHA256, Certificates: true})
	if err != nil {
		return nil, fmt.Errorf("creating the request for a timestamp: %w", err)
	}
	r := request{
		service: "timestamp authority", method: http.MethodPost, url: authority, body: query,
		header: map[string]string{"Content-Type": "application/timestamp-query"},
	}
	resp, err := c.do(ctx, r, http.StatusOK, http.StatusCreated)
	if err != nil {
		return nil, err
	}
	if _, err := timestamp.ParseResponse(resp.body); err != nil {
		return nil, r.refused(err)
	}
	return resp.body, nil
}
