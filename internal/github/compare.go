package github

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// Comparison is how one commit lies to another: head, seen from base.
type Comparison struct {
	Status   string `json:"status"` // ahead, behind, identical or diverged
	AheadBy  int    `json:"ahead_by"`
	BehindBy int    `json:"behind_by"`
}

// Compare asks how commit head lies to commit base in a repository (REST,
// "Compare two commits"). One commit of the list is asked for, since the list
// is not what is wanted.
func (c *Client) Compare(ctx context.Context, fullName, base, head string) (Comparison, error) {
	owner, repo, _ := strings.Cut(fullName, "/")
	path := fmt.Sprintf("repos/%s/%s/compare/%s...%s?per_page=1",
		url.PathEscape(owner), url.PathEscape(repo), url.PathEscape(base), url.PathEscape(head))
	var out Comparison
	if err := c.call(ctx, http.MethodGet, path, nil, &out); err != nil {
		return out, fmt.Errorf("comparing commits %s and %s: %w", base, head, err)
	}
	return out, nil
}
