package registry

import (
	"cmp"
	"context"
	"encoding/json"
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
	pageBytes   = 4 << 10
	tagsPerPage = 1000
)

// Tags returns all tags of a repository in sorted order, because the registry's
// order has no meaning (docs/ghcr.md, Manifests and tags). Tags returns an error
// if the list exceeds maxTagBytes.
func (c *Client) Tags(ctx context.Context, repo name.Repository) ([]string, error) {
	list := &tagList{left: maxTagBytes}
	k := tagsCall(repo, list)
	for {
		resp, err := c.do(ctx, k)
		if err != nil {
			return nil, err
		}
		if !list.addPage() {
			return nil, fmt.Errorf("listing the tags of %q: the list has more than %d MiB", repo, maxTagBytes>>20)
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

	page []string // page contains the tags of the latest page.
	read int64    // The field "read" is the number of bytes of the latest page.
}

// readPage reads one page of a tag list. A repeated attempt reads the whole page
// again.
func (l *tagList) readPage(resp *http.Response) error {
	l.page = l.page[:0]
	limited := &io.LimitedReader{R: resp.Body, N: l.left + 1}
	err := decodeTags(json.NewDecoder(limited), func(tag string) { l.page = append(l.page, tag) })
	if l.read = l.left + 1 - limited.N; l.read > l.left {
		return nil // The method addPage reports that the list is too large.
	}
	return err
}

// addPage adds the tags of the latest page to the list. addPage returns false if
// the list is too large.
func (l *tagList) addPage() bool {
	l.left -= max(l.read, pageBytes)
	l.all = append(l.all, l.page...)
	return l.left >= 0
}

func (l *tagList) sorted() []string {
	slices.Sort(l.all)
	return slices.Compact(l.all)
}

// decodeTags reads a JSON object with the list "tags". decodeTags reads the tags
// one by one to save memory. Some registries send null instead of the list after
// the last page.
func decodeTags(d *json.Decoder, add func(string)) error {
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return cmp.Or(noEOF(err), errNoTagList)
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return noEOF(err)
		}
		if key != "tags" {
			err = d.Decode(new(json.RawMessage))
		} else {
			err = decodeStrings(d, add)
		}
		if err != nil {
			return noEOF(err)
		}
	}
	_, err := d.Token()
	return noEOF(err)
}

var errNoTagList = errors.New("the response is not a list of tags")

// noEOF replaces io.EOF by io.ErrUnexpectedEOF, because a page that ends inside
// its JSON object is incomplete.
func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// decodeStrings reads a JSON list of strings, or null.
func decodeStrings(d *json.Decoder, add func(string)) error {
	switch t, err := d.Token(); {
	case err != nil:
		return err
	case t == nil:
		return nil
	case t != json.Delim('['):
		return errNoTagList
	}
	for d.More() {
		var tag string
		if err := d.Decode(&tag); err != nil {
			return err
		}
		add(tag)
	}
	_, err := d.Token()
	return err
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
