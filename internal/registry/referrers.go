package registry

import (
	"context"
	"fmt"
	"io"
	"net/http"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
)

// maxReferrerPages bounds a list of referrers.
const maxReferrerPages = 50

// Referrers asks the referrers API for the manifests whose subject is the
// digest (distribution-spec, "Listing Referrers"), and returns the pages of
// its answer, each an index. An error for which IsAbsent holds means that the
// registry has no such API, as ghcr.io has none (docs/ghcr.md, Referrers).
func (c *Client) Referrers(ctx context.Context, repo name.Repository, subject v1.Hash) ([][]byte, error) {
	var pages [][]byte
	k := call{
		doing: "GET referrers", method: http.MethodGet, repo: repo, access: Pull,
		path: "referrers/" + subject.String(), want: []int{http.StatusOK},
		header: http.Header{"Accept": {acceptManifests}},
	}
	for range maxReferrerPages {
		var page []byte
		k.read = func(resp *http.Response) (err error) {
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
		m := nextPage.FindStringSubmatch(resp.Header.Get("Link"))
		if m == nil {
			return pages, nil
		}
		if k.url, err = nextURL(resp, m[1]); err != nil {
			return nil, err
		}
	}
	return nil, fmt.Errorf("listing referrers of %q: the list has no end (more than %d pages)", subject, maxReferrerPages)
}
