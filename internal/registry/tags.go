package registry

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/ghcr-publish/ghcr-publish/internal/safe/link"
)

const (
	// maxTagBytes limits the total size of the pages of a tag list. The number
	// of pages has no limit, because some registries send only a few tags per
	// page.
	maxTagBytes = 32 << 20
	// pageBytes is the minimum number of bytes that the client counts for each
	// page. With this minimum, maxTagBytes also limits the number of tiny pages.
	pageBytes = 4 << 10
	// maxTags limits the number of tags, because a tag of one character needs 4 bytes of
	// JSON, but 16 bytes and more of memory.
	maxTags     = 1_000_000
	tagsPerPage = 1000
)

// Tags returns all tags of a repository in sorted order, because the registry's
// order has no meaning (docs/ghcr.md, Manifests and tags). Tags returns an error
// if the list exceeds maxTagBytes or maxTags.
func (c *Client) Tags(ctx context.Context, repo name.Repository) ([]string, error) {
	list := &tagList{left: maxTagBytes}
	k := tagsCall(repo, list)
	for {
		resp, err := c.do(ctx, k)
		if err != nil {
			return nil, err
		}
		if !list.addPage() {
			return nil, fmt.Errorf("listing the tags of %q: the list has more than %d MiB or more than %d tags", repo, maxTagBytes>>20, maxTags)
		}
		next := link.Target(resp.Header, "next")
		if next == "" {
			return list.sorted(), nil
		}
		if k.url, err = nextURL(k.operation, resp, next); err != nil {
			return nil, err
		}
	}
}

// FirstTags returns the tags on the first page of a repository's list, in sorted order.
// FirstTags sends only one request, because the tags are only part of a message.
func (c *Client) FirstTags(ctx context.Context, repo name.Repository) ([]string, error) {
	list := &tagList{left: maxTagBytes}
	if _, err := c.do(ctx, tagsCall(repo, list)); err != nil {
		return nil, err
	}
	list.addPage()
	return list.sorted(), nil
}

func tagsCall(repo name.Repository, list *tagList) call {
	return call{
		operation: "GET tags", method: http.MethodGet, repo: repo, access: Pull,
		path: fmt.Sprintf("tags/list?n=%d", tagsPerPage), statuses: []int{http.StatusOK},
		readContent: list.readPage,
	}
}

// tagList reads the pages of a tag list.
type tagList struct {
	all  []string
	left int64 // The field "left" is the number of bytes that further pages may have.

	before int   // The field "before" is the number of tags on the pages before the latest page.
	read   int64 // The field "read" is the number of bytes of the latest page.
}

// readPage reads one page of a tag list. A repeated attempt reads the whole page
// again.
func (l *tagList) readPage(resp *http.Response) error {
	l.all = l.all[:l.before]
	limited := &io.LimitedReader{R: resp.Body, N: l.left + 1}
	err := tagPage{bufio.NewReader(limited)}.decode(func(tag string) error {
		if l.all = append(l.all, tag); len(l.all) > maxTags {
			return errTooManyTags
		}
		return nil
	})
	l.read = l.left + 1 - limited.N
	if l.read > l.left || errors.Is(err, errTooManyTags) {
		return nil // The method addPage reports that the list is too large.
	}
	return err
}

// addPage adds the tags of the latest page to the list. addPage returns false if
// the list is too large.
func (l *tagList) addPage() bool {
	l.left -= max(l.read, pageBytes)
	l.before = len(l.all)
	return l.left >= 0 && len(l.all) <= maxTags
}

func (l *tagList) sorted() []string {
	slices.Sort(l.all)
	return slices.Compact(l.all)
}

// nextURL returns the URL of the next page. The next page must be on the same
// server.
func nextURL(operation string, resp *http.Response, address string) (*url.URL, error) {
	u, problem := target(resp, "Link", address, operation)
	if problem != nil {
		return nil, problem
	}
	from := resp.Request.URL
	problem = &LocationError{Operation: operation, Host: from.Host, Header: "Link", Target: redact(u)}
	switch {
	case u.Host != from.Host || u.Scheme != from.Scheme:
		problem.Problem = "the URL names another server"
	case u.String() == from.String():
		problem.Problem = "the URL names the same page again"
	default:
		return u, nil
	}
	return nil, problem
}
