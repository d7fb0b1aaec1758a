package github

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// Comparison is the relation of a head commit to a base commit.
type Comparison struct {
	Status   string `json:"status"` // ahead, behind, identical or diverged
	AheadBy  int    `json:"ahead_by"`
	BehindBy int    `json:"behind_by"`
}

// Compare compares commit head with commit base in a repository (REST, "Compare two
// commits"). It requests only one commit of the list of commits, because Compare
// does not use this list.
func (c *Client) Compare(ctx context.Context, fullName, base, head string) (Comparison, error) {
	owner, repo, _ := strings.Cut(fullName, "/")
	path := fmt.Sprintf("repos/%s/%s/compare/%s...%s?per_page=1",
		url.PathEscape(owner), url.PathEscape(repo), url.PathEscape(base), url.PathEscape(head))
	var out Comparison
	if err := c.call(ctx, http.MethodGet, path, nil, &out); err != nil {
		return out, fmt.Errorf("comparing commits %q and %q: %w", base, head, err)
	}
	return out, nil
}
