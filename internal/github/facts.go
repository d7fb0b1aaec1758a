package github

import (
	"context"
	"errors"
	"net/http"
	"sync"

	"golang.org/x/sync/singleflight"
)

// facts contains answers of the API that do not change during one run: the kinds of owners,
// repositories and commits. The images of a release need the same facts at the same time.
type facts struct {
	known   sync.Map // maps the path of a request to the decoded answer
	flights singleflight.Group
}

// readOnce returns the answer to a GET request. Concurrent calls for one path send one
// request. readOnce keeps no errors, so a later call sends the request again.
func readOnce[T any](ctx context.Context, c *Client, path string) (*T, error) {
	if answer, ok := c.facts.known.Load(path); ok {
		return answer.(*T), nil
	}
	answer, err, _ := c.facts.flights.Do(path, func() (any, error) {
		answer := new(T)
		if err := c.call(ctx, http.MethodGet, path, nil, answer); err != nil {
			return nil, err
		}
		c.facts.known.Store(path, answer)
		return answer, nil
	})
	if errors.Is(err, context.Canceled) && ctx.Err() == nil {
		return readOnce[T](ctx, c, path) // Only the context of the other caller has ended.
	}
	if err != nil {
		return nil, err
	}
	return answer.(*T), nil
}
