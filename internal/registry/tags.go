package registry

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"

	"github.com/google/go-containerregistry/pkg/name"
)

// maxTagPages and maxTagPage bound a tag listing: 100 pages of at most 8 MiB.
const (
	maxTagPages = 100
	maxTagPage  = 8 << 20
	tagsPerPage = 1000
)

var nextPage = regexp.MustCompile(`<([^>]+)>\s*;\s*rel="?next"?`)

// Tags lists all tags of a repository, sorted; the registry's order means
// nothing (GHCR.md §3.4).
func (c *Client) Tags(ctx context.Context, repo name.Repository) ([]string, error) {
	var all []string
	k := call{
		doing: "GET tags", method: http.MethodGet, repo: repo, access: Pull,
		path: fmt.Sprintf("tags/list?n=%d", tagsPerPage), want: []int{http.StatusOK},
	}
	for range maxTagPages {
		var page struct {
			Tags []string `json:"tags"` // null past the last page
		}
		k.read = func(resp *http.Response) error {
			return json.NewDecoder(io.LimitReader(resp.Body, maxTagPage)).Decode(&page)
		}
		resp, err := c.do(ctx, k)
		if err != nil {
			return nil, err
		}
		all = append(all, page.Tags...)
		m := nextPage.FindStringSubmatch(resp.Header.Get("Link"))
		if m == nil {
			break
		}
		if k.url, err = resp.Request.URL.Parse(m[1]); err != nil {
			return nil, fmt.Errorf("following the next page of tags: %w", err)
		}
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}
