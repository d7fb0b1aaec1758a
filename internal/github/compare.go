package github

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// Comparison is the result of a comparison of a head commit with a base commit. AheadBy
// is the number of commits that only the history of the head commit contains. BehindBy is
// the number of commits that only the history of the base commit contains.
type Comparison struct {
	Status   string `json:"status"` // "ahead", "behind", "identical" or "diverged"
	AheadBy  int    `json:"ahead_by"`
	BehindBy int    `json:"behind_by"`
}

// Compare compares the commit "head" with the commit "base" in a repository (REST,
// "Compare two commits"). Compare requests only one entry of the list of commits, because
// it does not use the list.
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
