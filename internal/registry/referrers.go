package registry

import (
	"context"
	"fmt"
	"io"
	"net/http"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/link"
)

// maxReferrerPages limits the number of pages in a list of referrers.
const maxReferrerPages = 50

// Referrers reads the list of manifests with the given subject from the
// referrers API (distribution-spec, "Listing Referrers"). Referrers returns the
// pages of the list. Each page is an index. If IsAbsent(err) is true, the
// registry has no referrers API. ghcr.io has no referrers API (docs/ghcr.md,
// Referrers).
func (c *Client) Referrers(ctx context.Context, repo name.Repository, subject v1.Hash) ([][]byte, error) {
	var pages [][]byte
	k := call{
		operation: "GET referrers", method: http.MethodGet, repo: repo, access: Pull,
		path: "referrers/" + subject.String(), statuses: []int{http.StatusOK},
		header: http.Header{"Accept": {c.accepted.header()}},
	}
	for range maxReferrerPages {
		var page []byte
		k.readContent = func(resp *http.Response) (err error) {
			page, err = io.ReadAll(io.LimitReader(resp.Body, image.MaxManifestSize+1))
			return err
		}
		resp, err := c.do(ctx, k)
		if err != nil {
			return nil, err
		}
		if len(page) > image.MaxManifestSize {
			return nil, fmt.Errorf("listing referrers of %q: a page is larger than %d bytes", subject, image.MaxManifestSize)
		}
		pages = append(pages, page)
		next := link.Target(resp.Header, "next")
		if next == "" {
			return pages, nil
		}
		if k.url, err = nextURL(k.operation, resp, next); err != nil {
			return nil, err
		}
	}
	return nil, fmt.Errorf("listing referrers of %q: the list has more than %d pages", subject, maxReferrerPages)
}
