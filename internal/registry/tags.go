package registry

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"

	"github.com/google/go-containerregistry/pkg/name"
)

// maxTagPages and maxTagBytes limit the number and the total size of the pages of a
// tag list. A tag has at most 128 characters (distribution-spec, "Pulling
// manifests").
const (
	maxTagPages = 200
	maxTagBytes = 32 << 20
	tagsPerPage = 1000
)

var nextPage = regexp.MustCompile(`<([^>]+)>\s*;\s*rel="?next"?`)

// Tags returns all tags of a repository in sorted order, because the registry's
// order has no meaning (docs/ghcr.md, Manifests and tags). It returns an error
// if the list exceeds maxTagPages or maxTagBytes.
func (c *Client) Tags(ctx context.Context, repo name.Repository) ([]string, error) {
	var all []string
	k := call{
		operation: "GET tags", method: http.MethodGet, repo: repo, access: Pull,
		path: fmt.Sprintf("tags/list?n=%d", tagsPerPage), statuses: []int{http.StatusOK},
	}
	left := int64(maxTagBytes)
	for range maxTagPages {
		var page struct {
			Tags []string `json:"tags"` // null after the last page
		}
		k.readContent = func(resp *http.Response) error {
			raw, err := io.ReadAll(io.LimitReader(resp.Body, left+1))
			if left -= int64(len(raw)); err != nil || left < 0 {
				return err
			}
			return json.Unmarshal(raw, &page)
		}
		resp, err := c.do(ctx, k)
		if err != nil {
			return nil, err
		}
		all = append(all, page.Tags...)
		m := nextPage.FindStringSubmatch(resp.Header.Get("Link"))
		if m == nil && left >= 0 {
			slices.Sort(all)
			return slices.Compact(all), nil
		}
		if left < 0 {
			break
		}
		if k.url, err = nextURL(resp, m[1]); err != nil {
			return nil, err
		}
	}
	return nil, fmt.Errorf("listing the tags of %q: the list has more than %d pages or %d MiB", repo, maxTagPages, maxTagBytes>>20)
}

// nextURL returns the URL of the next page. The page must be on the same server.
func nextURL(resp *http.Response, link string) (*url.URL, error) {
	u, err := resp.Request.URL.Parse(link)
	if err != nil || u.Host != resp.Request.URL.Host || u.Scheme != resp.Request.URL.Scheme {
		return nil, fmt.Errorf("listing tags on %q: the next page is on another server", resp.Request.URL.Host)
	}
	return u, nil
}
