package github

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"
)

// maxConcurrentPulls limits the concurrent requests for pull requests.
const maxConcurrentPulls = 8

// Closed returns the numbers of the pull requests that are closed. A number that belongs to
// no pull request is not in the result.
func (c *Client) Closed(ctx context.Context, repository string, numbers []string) (map[string]bool, error) {
	var mu sync.Mutex
	out := map[string]bool{}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(maxConcurrentPulls)
	for _, number := range numbers {
		group.Go(func() error {
			var pull struct {
				State string `json:"state"`
			}
			_, err := c.callWithReason(ctx, http.MethodGet, repositoryPath(repository)+"/pulls/"+url.PathEscape(number), &pull)
			if err != nil && ReasonOf(err) != Gone {
				return fmt.Errorf("reading pull request %s: %w", number, err)
			}
			mu.Lock()
			defer mu.Unlock()
			if pull.State == "closed" {
				out[number] = true
			}
			return nil
		})
	}
	return out, group.Wait()
}

// Branches lists the names of all branches of a repository.
func (c *Client) Branches(ctx context.Context, repository string) ([]string, error) {
	type record struct {
		Name string `json:"name"`
	}
	records, err := allPages(ctx, func(ctx context.Context, number int) ([]record, http.Header, error) {
		var out []record
		header, err := c.callWithReason(ctx, http.MethodGet, fmt.Sprintf("%s/branches?per_page=%d&page=%d", repositoryPath(repository), PageSize, number), &out)
		return out, header, err
	})
	if err != nil {
		return nil, fmt.Errorf("listing the branches of %q: %w", repository, err)
	}
	var out []string
	for _, one := range records {
		out = append(out, one.Name)
	}
	return out, nil
}

func repositoryPath(fullName string) string {
	owner, repo, _ := strings.Cut(fullName, "/")
	return "repos/" + url.PathEscape(owner) + "/" + url.PathEscape(repo)
}
