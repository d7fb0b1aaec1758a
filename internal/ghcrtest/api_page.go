package ghcrtest

import (
	"fmt"
	"strconv"
	"strings"
)

// GitHub's page sizes.
const (
	defaultPerPage = 30
	maxPerPage     = 100
)

// page returns one page of a list. The parameters "page" and "per_page" of the
// request select the page. The header Link gets links to the other pages.
func page[T any](c *apiCall, all []T) []T {
	number, size := max(queryNumber(c, "page", 1), 1), pageSize(c)
	last := lastPage(c, len(all))
	var links []string
	if number < last {
		links = append(links, pageLink(c, number+1, "next"), pageLink(c, last, "last"))
	}
	if number > 1 {
		links = append(links, pageLink(c, number-1, "prev"), pageLink(c, 1, "first"))
	}
	if len(links) > 0 {
		c.w.Header().Set("Link", strings.Join(links, ", "))
	}
	if number > last {
		return []T{}
	}
	from := (number - 1) * size
	return all[from:min(from+size, len(all))]
}

// pageSize returns the number of entries of a full page.
func pageSize(c *apiCall) int {
	return min(max(queryNumber(c, "per_page", defaultPerPage), 1), maxPerPage)
}

// lastPage returns the number of the last page of a list with n entries.
func lastPage(c *apiCall, n int) int {
	size := pageSize(c)
	return max((n+size-1)/size, 1)
}

// queryNumber returns the number in a query parameter, or the fallback.
func queryNumber(c *apiCall, name string, fallback int) int {
	n, err := strconv.Atoi(c.r.URL.Query().Get(name))
	if err != nil {
		return fallback
	}
	return n
}

func pageLink(c *apiCall, number int, rel string) string {
	query := c.r.URL.Query()
	query.Set("page", strconv.Itoa(number))
	return fmt.Sprintf(`<%s%s?%s>; rel="%s"`, base(c.r), c.r.URL.EscapedPath(), query.Encode(), rel)
}
