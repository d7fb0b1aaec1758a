package ghcrtest

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
)

// tagPage is how many tags a page has when the reader does not say.
const tagPage = 100

// listTags is GET …/tags/list. Tags come in the order they were made, since
// nothing promises that ghcr.io sorts them (docs/ghcr.md, Manifests and tags).
func (s *Server) listTags(w http.ResponseWriter, r *http.Request, t target) *refusal {
	gone := absent("NAME_UNKNOWN", "repository name not known to registry")
	if why := s.reader(r, t.name, gone); why != nil {
		return why
	}
	query := r.URL.Query()
	n := tagPage
	if given := query.Get("n"); given != "" {
		var err error
		if n, err = strconv.Atoi(given); err != nil || n < 0 {
			return refuse(http.StatusBadRequest, "PAGINATION_NUMBER_INVALID", "invalid number of results requested")
		}
	}
	all, ok := s.world.tagsAfter(t.name, query.Get("last"))
	if !ok {
		return gone
	}
	page := all[:min(n, len(all))]
	if len(page) < len(all) && len(page) > 0 {
		next := url.Values{"n": {strconv.Itoa(n)}, "last": {page[len(page)-1]}}
		w.Header().Set("Link", fmt.Sprintf(`</v2/%s/tags/list?%s>; rel="next"`, t.name, next.Encode()))
	}
	if len(page) == 0 {
		page = nil // past the end the list is null, not empty
	}
	writeJSON(w, r, http.StatusOK, struct {
		Name string   `json:"name"`
		Tags []string `json:"tags"`
	}{t.name, page})
	return nil
}

// tagsAfter lists the tags behind last, or all of them; ok is false where
// there is no package.
func (w *world) tagsAfter(name, last string) (tags []string, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	p := w.find(name)
	if p == nil {
		return nil, false
	}
	if last == "" {
		return slices.Clone(p.tagOrder), true
	}
	at := slices.Index(p.tagOrder, last)
	if at < 0 {
		return nil, true
	}
	return slices.Clone(p.tagOrder[at+1:]), true
}
