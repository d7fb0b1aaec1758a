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

// maxTagPages and maxTagBytes bound a tag listing, all pages together; a tag
// has at most 128 characters (distribution-spec, "Pulling manifests").
const (
	maxTagPages = 200
	maxTagBytes = 32 << 20
	tagsPerPage = 1000
)

var nextPage = regexp.MustCompile(`<([^>]+)>\s*;\s*rel="?next"?`)

// Tags lists all tags of a repository, sorted; the registry's order means
// nothing (docs/ghcr.md, Manifests and tags). A list without an end is an error.
func (c *Client) Tags(ctx context.Context, repo name.Repository) ([]string, error) {
	var all []string
	k := call{
		doing: "GET tags", method: http.MethodGet, repo: repo, access: Pull,
		path: fmt.Sprintf("tags/list?n=%d", tagsPerPage), want: []int{http.StatusOK},
	}
	left := int64(maxTagBytes)
	for range maxTagPages {
		var page struct {
			Tags []string `json:"tags"` // null past the last page
		}
		k.read = func(resp *http.Response) error {
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
	return nil, fmt.Errorf("listing the tags of %q: the list has no end (more than %d pages or %d MiB)", repo, maxTagPages, maxTagBytes>>20)
}

// nextURL is the next page, which has to be on the same server.
func nextURL(resp *http.Response, link string) (*url.URL, error) {
	u, err := resp.Request.URL.Parse(link)
	if err != nil || u.Host != resp.Request.URL.Host || u.Scheme != resp.Request.URL.Scheme {
		return nil, fmt.Errorf("listing tags on %q: its next page is not on the same server", resp.Request.URL.Host)
	}
	return u, nil
}
