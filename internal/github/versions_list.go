package github

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/ghcr-publish/ghcr-publish/internal/safe/link"
)

const (
	// PageSize is the maximum number of versions in one page of GitHub's API.
	PageSize = 100
	// maxPages limits the pages of one list, because the number of pages is untrusted.
	maxPages = 2000
	// maxConcurrentPages limits the concurrent requests for pages.
	maxConcurrentPages = 8
)

// List lists all versions, the newest first. After the first page, List requests the other
// pages concurrently. The list is not a snapshot: a version that another client deletes during
// the list can hide one other version.
func (v *Versions) List(ctx context.Context) ([]Version, error) {
	return v.list(ctx, "active")
}

// Deleted lists the deleted versions that can be restored.
func (v *Versions) Deleted(ctx context.Context) ([]Version, error) {
	return v.list(ctx, "deleted")
}

// Newest lists the newest 100 versions with one request.
func (v *Versions) Newest(ctx context.Context) ([]Version, error) {
	records, _, err := v.page(ctx, "active", 1)
	if err != nil {
		return nil, fmt.Errorf("listing the newest versions: %w", err)
	}
	return versionsOf(records)
}

// list lists the versions with a state.
func (v *Versions) list(ctx context.Context, state string) ([]Version, error) {
	records, err := allPages(ctx, func(ctx context.Context, number int) ([]versionRecord, http.Header, error) {
		return v.page(ctx, state, number)
	})
	if err != nil {
		return nil, fmt.Errorf("listing versions: %w", err)
	}
	return versionsOf(records)
}

// page reads one page of versions.
func (v *Versions) page(ctx context.Context, state string, number int) ([]versionRecord, http.Header, error) {
	var out []versionRecord
	header, err := v.call(ctx, http.MethodGet, fmt.Sprintf("%s/versions?state=%s&per_page=%d&page=%d", v.path, state, PageSize, number), &out)
	return out, header, err
}

// versionsOf returns the versions of a list. A new version can move a version to the next
// page while the pages are read, so the list can contain a version twice.
func versionsOf(records []versionRecord) ([]Version, error) {
	out := make([]Version, 0, len(records))
	seen := make(map[int64]bool, len(records))
	for _, record := range records {
		if seen[record.ID] || strings.HasPrefix(record.Name, tombstonePrefix) {
			continue
		}
		seen[record.ID] = true
		version, err := record.version()
		if err != nil {
			return nil, err
		}
		out = append(out, version)
	}
	return out, nil
}

// allPages reads all pages of a list. If the last page has a next page, the list became longer
// during the requests, and allPages also reads the further pages.
func allPages[T any](ctx context.Context, read func(context.Context, int) ([]T, http.Header, error)) ([]T, error) {
	first, header, err := read(ctx, 1)
	if err != nil {
		return nil, err
	}
	last := min(linkedPage(header, "last"), maxPages)
	pages := make([][]T, last)
	headers := make([]http.Header, last)
	pages[0], headers[0] = first, header
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(maxConcurrentPages)
	for number := 2; number <= last; number++ {
		group.Go(func() (err error) {
			pages[number-1], headers[number-1], err = read(groupCtx, number)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	for more := headers[last-1]; linkedPage(more, "next") > last; last++ {
		if last == maxPages {
			return nil, fmt.Errorf("the list has more than %d pages", maxPages)
		}
		var rest []T
		if rest, more, err = read(ctx, last+1); err != nil {
			return nil, err
		}
		pages = append(pages, rest)
	}
	return slices.Concat(pages...), nil
}

// linkedPage returns the number of the page to which the header Link refers with a relation,
// such as "last". Without such a link, linkedPage returns 1.
func linkedPage(h http.Header, relation string) int {
	u, err := url.Parse(link.Target(h, relation))
	if err != nil {
		return 1
	}
	if number, err := strconv.Atoi(u.Query().Get("page")); err == nil && number > 0 {
		return number
	}
	return 1
}
